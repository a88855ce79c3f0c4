-- The sums of the guarded tables (row_sums.hpp), one row, written by every transaction that changes a guarded row. mac
-- authenticates the whole of it and hides the sums. anchor is the audit record that last bore their digest.
CREATE TABLE row_guard (
  id            INTEGER NOT NULL PRIMARY KEY CONSTRAINT id CHECK (id = 1),
  anchor        INTEGER CONSTRAINT anchor CHECK (anchor >= 0),
  anchor_digest BLOB CONSTRAINT anchor_digest CHECK (anchor_digest IS NULL OR length(anchor_digest) = 32),
  sums          BLOB NOT NULL CONSTRAINT sums CHECK (length(sums) = 400),
  mac           BLOB NOT NULL CONSTRAINT mac CHECK (length(mac) = 32)
) STRICT;
