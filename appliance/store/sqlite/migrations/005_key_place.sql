-- Where the new version of an org's key is to be: the name of a customer's HSM and the key's URI there, or nothing, in
-- the appliance's own.
ALTER TABLE rotation ADD COLUMN hsm TEXT NOT NULL DEFAULT ''
  CONSTRAINT hsm CHECK (length(CAST(hsm AS BLOB)) <= 32);
ALTER TABLE rotation ADD COLUMN hsm_key TEXT NOT NULL DEFAULT ''
  CONSTRAINT hsm_key CHECK (length(CAST(hsm_key AS BLOB)) <= 512);
ALTER TABLE rotation ADD COLUMN make_key INTEGER NOT NULL DEFAULT 0 CONSTRAINT make_key CHECK (make_key IN (0, 1));
