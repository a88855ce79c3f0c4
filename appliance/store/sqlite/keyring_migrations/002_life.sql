-- invocations: AES-GCM encryptions with the key, counted ahead in blocks. SP 800-38D allows 2^32 with random IVs.
ALTER TABLE entry ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN invocations INTEGER NOT NULL DEFAULT 0 CONSTRAINT invocations CHECK (invocations >= 0);
UPDATE entry SET created_at = unixepoch() * 1000;
CREATE INDEX entry_by_platform ON entry (platform_version, org, version);

-- Entries under an older platform KEK are refused: it is certified that there are none.
CREATE TABLE floor (
  only_row         INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
  platform_version INTEGER NOT NULL CONSTRAINT platform_version CHECK (platform_version BETWEEN 1 AND 4294967295)
) STRICT;
INSERT INTO floor (only_row, platform_version) VALUES (1, 1);
