-- Actions that several security officers sign for. proposer and staff have no foreign key: an approval is evidence, and
-- stays whatever becomes of the people.
CREATE TABLE approval (
  id         BLOB NOT NULL PRIMARY KEY CONSTRAINT id CHECK (length(id) = 16),
  action     TEXT NOT NULL CONSTRAINT action CHECK (length(CAST(action AS BLOB)) BETWEEN 1 AND 64),
  proposer   BLOB NOT NULL CONSTRAINT proposer CHECK (length(proposer) = 16),
  needed     INTEGER NOT NULL CONSTRAINT needed CHECK (needed BETWEEN 1 AND 255),
  text       TEXT NOT NULL CONSTRAINT text CHECK (length(CAST(text AS BLOB)) BETWEEN 1 AND 65536),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  state      INTEGER NOT NULL CONSTRAINT state CHECK (state BETWEEN 1 AND 4),
  ended_at   INTEGER
) STRICT;
CREATE INDEX approval_open ON approval (expires_at) WHERE state = 1;

-- The primary key is what makes an officer count once.
CREATE TABLE approval_signature (
  approval           BLOB NOT NULL REFERENCES approval (id) ON DELETE CASCADE,
  staff              BLOB NOT NULL CONSTRAINT staff CHECK (length(staff) = 16),
  staff_name         TEXT NOT NULL CONSTRAINT staff_name CHECK (length(CAST(staff_name AS BLOB)) BETWEEN 1 AND 1024),
  credential_id      BLOB NOT NULL CONSTRAINT credential_id CHECK (length(credential_id) BETWEEN 1 AND 1023),
  cose_key           BLOB NOT NULL CONSTRAINT cose_key CHECK (length(cose_key) BETWEEN 1 AND 4096),
  client_data_json   BLOB NOT NULL CONSTRAINT client_data_json CHECK (length(client_data_json) BETWEEN 1 AND 32768),
  authenticator_data BLOB NOT NULL
                     CONSTRAINT authenticator_data CHECK (length(authenticator_data) BETWEEN 37 AND 16384),
  signature          BLOB NOT NULL CONSTRAINT signature CHECK (length(signature) BETWEEN 1 AND 1024),
  signed_at          INTEGER NOT NULL,
  PRIMARY KEY (approval, staff)
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_signature_by_staff ON approval_signature (staff);

-- Until it is shredded, so that people know what they shred.
ALTER TABLE deleted_org ADD COLUMN name TEXT NOT NULL DEFAULT ''
  CONSTRAINT name CHECK (length(CAST(name AS BLOB)) <= 128);
