-- One more kind of key in the HSM: 5, the RSA pairs by which customers send keys of their own.
ALTER TABLE hsm_key RENAME TO former_hsm_key;
CREATE TABLE hsm_key (
  kind         INTEGER NOT NULL CONSTRAINT kind CHECK (kind BETWEEN 1 AND 5),
  version      INTEGER NOT NULL CONSTRAINT version CHECK (version BETWEEN 1 AND 4294967295),
  created_at   INTEGER NOT NULL,
  destroyed_at INTEGER,
  PRIMARY KEY (kind, version)
) STRICT, WITHOUT ROWID;
INSERT INTO hsm_key SELECT kind, version, created_at, destroyed_at FROM former_hsm_key;
DROP TABLE former_hsm_key;
