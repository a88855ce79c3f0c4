-- A deleted org is gone at once, its rows leave in slices. 0: some are still there. Older deletions took all with them.
ALTER TABLE deleted_org ADD COLUMN purged INTEGER NOT NULL DEFAULT 1 CONSTRAINT purged CHECK (purged IN (0, 1));
CREATE INDEX deleted_org_to_purge ON deleted_org (org) WHERE purged = 0;

-- How many seeds an org has: each new seed asks, and a million rows are not counted for it. Kept by insert_seed() and
-- remove_seed(), for a trigger would give each insert a statement journal, which grows with an import and is walked by
-- each of its rows.
CREATE TABLE seed_count (
  org   BLOB NOT NULL PRIMARY KEY REFERENCES org (id) ON DELETE CASCADE,
  seeds INTEGER NOT NULL CONSTRAINT seeds CHECK (seeds >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO seed_count SELECT org, count(*) FROM seed GROUP BY org;
