CREATE TABLE entry (
  org              BLOB NOT NULL CONSTRAINT org CHECK (length(org) = 16),
  version          INTEGER NOT NULL CONSTRAINT version CHECK (version BETWEEN 1 AND 4294967295),
  platform_version INTEGER NOT NULL CONSTRAINT platform_version CHECK (platform_version BETWEEN 0 AND 4294967295),
  blob             BLOB NOT NULL CONSTRAINT blob CHECK (length(blob) BETWEEN 1 AND 65536),
  PRIMARY KEY (org, version)
) STRICT, WITHOUT ROWID;
