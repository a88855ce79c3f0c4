-- The life of keys. Numbers of kinds, states and phases stand in key_records.hpp.

-- Rows of seeds under an older version are refused: nothing could open them any more.
ALTER TABLE org ADD COLUMN oldest_kek_version INTEGER NOT NULL DEFAULT 1
  CONSTRAINT oldest_kek_version CHECK (oldest_kek_version BETWEEN 0 AND 4294967295);

-- Seconds; NULL: the appliance's.
ALTER TABLE org ADD COLUMN dek_lease INTEGER CONSTRAINT dek_lease CHECK (dek_lease BETWEEN 0 AND 3600);

-- What a rotation still has to wrap anew, without a look at any other seed.
CREATE INDEX seed_by_kek ON seed (org, kek_version, id);

-- org is all zeros for the appliance's own keys. No foreign key: rotations outlive the org.
CREATE TABLE rotation (
  id           BLOB NOT NULL PRIMARY KEY CONSTRAINT id CHECK (length(id) = 16),
  kind         INTEGER NOT NULL CONSTRAINT kind CHECK (kind BETWEEN 1 AND 4),
  org          BLOB NOT NULL CONSTRAINT org CHECK (length(org) = 16),
  from_version INTEGER NOT NULL CONSTRAINT from_version CHECK (from_version BETWEEN 1 AND 4294967295),
  to_version   INTEGER NOT NULL CONSTRAINT to_version CHECK (to_version BETWEEN 1 AND 4294967295),
  state        INTEGER NOT NULL CONSTRAINT state CHECK (state BETWEEN 1 AND 5),
  phase        INTEGER NOT NULL CONSTRAINT phase CHECK (phase BETWEEN 1 AND 5),
  destroy_old  INTEGER NOT NULL CONSTRAINT destroy_old CHECK (destroy_old IN (0, 1)),
  done         INTEGER NOT NULL CONSTRAINT done CHECK (done >= 0),
  total        INTEGER NOT NULL CONSTRAINT total CHECK (total >= 0),
  refused      INTEGER NOT NULL CONSTRAINT refused CHECK (refused >= 0),
  started_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  ended_at     INTEGER,
  error        TEXT NOT NULL CONSTRAINT error CHECK (length(CAST(error AS BLOB)) <= 512)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX rotation_active ON rotation (kind, org) WHERE state IN (1, 2, 4);
CREATE INDEX rotation_by_org ON rotation (org, id);

CREATE TABLE key_certificate (
  rotation  BLOB NOT NULL REFERENCES rotation (id),
  kind      INTEGER NOT NULL CONSTRAINT kind CHECK (kind BETWEEN 1 AND 2),
  statement TEXT NOT NULL CONSTRAINT statement CHECK (length(CAST(statement AS BLOB)) BETWEEN 1 AND 1048576),
  note      TEXT NOT NULL CONSTRAINT note CHECK (length(CAST(note AS BLOB)) <= 1114112),
  issued_at INTEGER NOT NULL,
  PRIMARY KEY (rotation, kind)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER key_certificate_no_update BEFORE UPDATE ON key_certificate WHEN old.note <> ''
BEGIN SELECT RAISE(ABORT, 'signed certificates never change'); END;
CREATE TRIGGER key_certificate_no_delete BEFORE DELETE ON key_certificate
BEGIN SELECT RAISE(ABORT, 'certificates are never removed'); END;

CREATE TABLE deleted_org (
  org         BLOB NOT NULL PRIMARY KEY CONSTRAINT org CHECK (length(org) = 16),
  deleted_at  INTEGER NOT NULL,
  rotation    BLOB REFERENCES rotation (id),
  shredded_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_org_by_rotation ON deleted_org (rotation, org);

CREATE TABLE hsm_key (
  kind         INTEGER NOT NULL CONSTRAINT kind CHECK (kind BETWEEN 1 AND 4),
  version      INTEGER NOT NULL CONSTRAINT version CHECK (version BETWEEN 1 AND 4294967295),
  created_at   INTEGER NOT NULL,
  destroyed_at INTEGER,
  PRIMARY KEY (kind, version)
) STRICT, WITHOUT ROWID;
