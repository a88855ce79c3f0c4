-- Of a key that a customer made and imported: what AES makes of a block of zeros, its first three bytes.
ALTER TABLE entry ADD COLUMN check_value BLOB NOT NULL DEFAULT x''
  CONSTRAINT check_value CHECK (length(check_value) IN (0, 3));
