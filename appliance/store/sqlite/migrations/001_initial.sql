-- Bounds are repeated in limits.hpp, where rows are read back. A check bears its column's name: errors name it.

CREATE TABLE meta (
  key   TEXT NOT NULL PRIMARY KEY CONSTRAINT key CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 128),
  value BLOB NOT NULL CONSTRAINT value CHECK (length(value) <= 1048576)
) STRICT;

CREATE TABLE org (
  id                BLOB NOT NULL PRIMARY KEY CONSTRAINT id CHECK (length(id) = 16),
  name              TEXT NOT NULL UNIQUE CONSTRAINT name CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 128),
  created_at        INTEGER NOT NULL,
  kek_version       INTEGER NOT NULL CONSTRAINT kek_version CHECK (kek_version BETWEEN 0 AND 4294967295),
  wrapped_index_key BLOB NOT NULL CONSTRAINT wrapped_index_key CHECK (length(wrapped_index_key) BETWEEN 61 AND 448)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
  id            BLOB NOT NULL PRIMARY KEY CONSTRAINT id CHECK (length(id) = 16),
  org           BLOB NOT NULL REFERENCES org (id) ON DELETE CASCADE,
  username      TEXT NOT NULL CONSTRAINT username CHECK (length(CAST(username AS BLOB)) BETWEEN 1 AND 1024),
  display_name  TEXT NOT NULL CONSTRAINT display_name CHECK (length(CAST(display_name AS BLOB)) <= 1024),
  role          INTEGER NOT NULL CONSTRAINT role CHECK (role BETWEEN 1 AND 4),
  state         INTEGER NOT NULL CONSTRAINT state CHECK (state BETWEEN 1 AND 3),
  password_hash TEXT NOT NULL CONSTRAINT password_hash CHECK (length(CAST(password_hash AS BLOB)) <= 512),
  failed_logins INTEGER NOT NULL CONSTRAINT failed_logins CHECK (failed_logins BETWEEN 0 AND 4294967295),
  locked_until  INTEGER,
  created_at    INTEGER NOT NULL,
  UNIQUE (org, username)
) STRICT;
CREATE INDEX member_by_org ON member (org, id);

-- "group" is a word of SQL.
CREATE TABLE org_group (
  id         BLOB NOT NULL PRIMARY KEY CONSTRAINT id CHECK (length(id) = 16),
  org        BLOB NOT NULL REFERENCES org (id) ON DELETE CASCADE,
  name       TEXT NOT NULL CONSTRAINT name CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 1024),
  created_at INTEGER NOT NULL,
  UNIQUE (org, name)
) STRICT;
CREATE INDEX org_group_by_org ON org_group (org, id);

CREATE TABLE group_member (
  group_id BLOB NOT NULL REFERENCES org_group (id) ON DELETE CASCADE,
  member   BLOB NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  PRIMARY KEY (member, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_member_by_group ON group_member (group_id, member);

-- Small columns first, so that what a scan needs lies before the labels. issuer_folded and account_folded are the
-- labels in one case, for order and search; they are derived and never shown.
CREATE TABLE seed (
  id             BLOB NOT NULL PRIMARY KEY CONSTRAINT id CHECK (length(id) = 16),
  org            BLOB NOT NULL REFERENCES org (id) ON DELETE CASCADE,
  type           INTEGER NOT NULL CONSTRAINT type CHECK (type BETWEEN 1 AND 3),
  algorithm      INTEGER NOT NULL CONSTRAINT algorithm CHECK (algorithm BETWEEN 1 AND 3),
  digits         INTEGER NOT NULL CONSTRAINT digits CHECK (digits BETWEEN 5 AND 8),
  period         INTEGER NOT NULL CONSTRAINT period CHECK (period BETWEEN 0 AND 300),
  counter        INTEGER NOT NULL CONSTRAINT counter CHECK (counter >= 0),
  revision       INTEGER NOT NULL CONSTRAINT revision CHECK (revision BETWEEN 1 AND 4294967295),
  kek_version    INTEGER NOT NULL CONSTRAINT kek_version CHECK (kek_version BETWEEN 0 AND 4294967295),
  wrapped_dek    BLOB NOT NULL CONSTRAINT wrapped_dek CHECK (length(wrapped_dek) BETWEEN 61 AND 448),
  iv             BLOB NOT NULL CONSTRAINT iv CHECK (length(iv) = 12),
  ciphertext     BLOB NOT NULL CONSTRAINT ciphertext CHECK (length(ciphertext) BETWEEN 1 AND 1024),
  tag            BLOB NOT NULL CONSTRAINT tag CHECK (length(tag) = 16),
  row_mac        BLOB NOT NULL CONSTRAINT row_mac CHECK (length(row_mac) = 32),
  fingerprint    BLOB NOT NULL CONSTRAINT fingerprint CHECK (length(fingerprint) = 16),
  created_at     INTEGER NOT NULL,
  issuer         TEXT NOT NULL CONSTRAINT issuer CHECK (length(CAST(issuer AS BLOB)) <= 1024),
  account        TEXT NOT NULL CONSTRAINT account CHECK (length(CAST(account AS BLOB)) <= 1024),
  issuer_folded  TEXT NOT NULL CONSTRAINT issuer CHECK (length(CAST(issuer_folded AS BLOB)) <= 2048),
  account_folded TEXT NOT NULL CONSTRAINT account CHECK (length(CAST(account_folded AS BLOB)) <= 2048)
) STRICT;
CREATE INDEX seed_by_label ON seed (org, issuer_folded, account_folded, id);
CREATE INDEX seed_by_fingerprint ON seed (org, fingerprint);

CREATE TABLE group_seed (
  group_id BLOB NOT NULL REFERENCES org_group (id) ON DELETE CASCADE,
  seed     BLOB NOT NULL REFERENCES seed (id) ON DELETE CASCADE,
  PRIMARY KEY (seed, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_seed_by_group ON group_seed (group_id, seed);

CREATE TABLE staff (
  id         BLOB NOT NULL PRIMARY KEY CONSTRAINT id CHECK (length(id) = 16),
  name       TEXT NOT NULL UNIQUE CONSTRAINT name CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 1024),
  role       INTEGER NOT NULL CONSTRAINT role CHECK (role BETWEEN 1 AND 3),
  disabled   INTEGER NOT NULL CONSTRAINT disabled CHECK (disabled IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE staff_credential (
  credential_id   BLOB NOT NULL PRIMARY KEY
                  CONSTRAINT credential_id CHECK (length(credential_id) BETWEEN 1 AND 1023),
  staff           BLOB NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  label           TEXT NOT NULL CONSTRAINT label CHECK (length(CAST(label AS BLOB)) <= 1024),
  cose_key        BLOB NOT NULL CONSTRAINT cose_key CHECK (length(cose_key) BETWEEN 1 AND 4096),
  sign_count      INTEGER NOT NULL CONSTRAINT sign_count CHECK (sign_count BETWEEN 0 AND 4294967295),
  backup_eligible INTEGER NOT NULL CONSTRAINT backup_eligible CHECK (backup_eligible IN (0, 1)),
  aaguid          BLOB NOT NULL CONSTRAINT aaguid CHECK (length(aaguid) = 16),
  created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_credential_by_staff ON staff_credential (staff);

CREATE TABLE one_time_token (
  token_hash BLOB NOT NULL PRIMARY KEY CONSTRAINT token_hash CHECK (length(token_hash) = 32),
  purpose    INTEGER NOT NULL CONSTRAINT purpose CHECK (purpose BETWEEN 1 AND 3),
  subject    BLOB NOT NULL CONSTRAINT subject CHECK (length(subject) = 16),
  org        BLOB REFERENCES org (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_token_by_subject ON one_time_token (subject);
CREATE INDEX one_time_token_by_org ON one_time_token (org) WHERE org IS NOT NULL;

CREATE TABLE session (
  token_hash       BLOB NOT NULL PRIMARY KEY CONSTRAINT token_hash CHECK (length(token_hash) = 32),
  id               BLOB NOT NULL UNIQUE CONSTRAINT id CHECK (length(id) = 16),
  kind             INTEGER NOT NULL CONSTRAINT kind CHECK (kind BETWEEN 1 AND 2),
  subject          BLOB NOT NULL CONSTRAINT subject CHECK (length(subject) = 16),
  org              BLOB REFERENCES org (id) ON DELETE CASCADE,
  created_at       INTEGER NOT NULL,
  last_seen        INTEGER NOT NULL,
  authenticated_at INTEGER NOT NULL,
  peer             TEXT NOT NULL CONSTRAINT peer CHECK (length(CAST(peer AS BLOB)) <= 256)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_subject ON session (subject, kind);
CREATE INDEX session_by_org ON session (org) WHERE org IS NOT NULL;

-- groups is the list of group ids one after the other, in the row itself: a deleted group stays in it and grants
-- nothing. A list that lost its last entry would read as "all seeds".
CREATE TABLE api_key (
  token_hash       BLOB NOT NULL PRIMARY KEY CONSTRAINT token_hash CHECK (length(token_hash) = 32),
  id               BLOB NOT NULL UNIQUE CONSTRAINT id CHECK (length(id) = 16),
  org              BLOB NOT NULL REFERENCES org (id) ON DELETE CASCADE,
  name             TEXT NOT NULL CONSTRAINT name CHECK (length(CAST(name AS BLOB)) <= 1024),
  hint             TEXT NOT NULL CONSTRAINT hint CHECK (length(CAST(hint AS BLOB)) <= 64),
  scopes           INTEGER NOT NULL CONSTRAINT scopes CHECK (scopes BETWEEN 0 AND 4294967295),
  groups           BLOB NOT NULL CONSTRAINT groups CHECK (length(groups) <= 16384 AND length(groups) % 16 = 0),
  allowed_networks TEXT NOT NULL
                   CONSTRAINT allowed_networks CHECK (length(CAST(allowed_networks AS BLOB)) <= 16384),
  expires_at       INTEGER,
  last_used        INTEGER,
  created_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_by_org ON api_key (org, id);

-- org has no foreign key: records outlive the org. The hash stands before the record, so reading hashes alone never
-- follows a long record's overflow pages.
CREATE TABLE audit (
  sequence  INTEGER NOT NULL PRIMARY KEY CONSTRAINT sequence CHECK (sequence >= 0),
  org       BLOB CONSTRAINT org CHECK (org IS NULL OR length(org) = 16),
  time      INTEGER NOT NULL,
  leaf_hash BLOB NOT NULL CONSTRAINT leaf_hash CHECK (length(leaf_hash) = 32),
  record    BLOB NOT NULL CONSTRAINT record CHECK (length(record) <= 1048576)
) STRICT;
CREATE INDEX audit_by_org ON audit (org, sequence) WHERE org IS NOT NULL;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit records never change'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit records are never removed'); END;

CREATE TABLE audit_checkpoint (
  tree_size   INTEGER NOT NULL PRIMARY KEY CONSTRAINT tree_size CHECK (tree_size >= 0),
  root        BLOB NOT NULL CONSTRAINT root CHECK (length(root) = 32),
  key_version INTEGER NOT NULL CONSTRAINT key_version CHECK (key_version BETWEEN 0 AND 4294967295),
  note        TEXT NOT NULL CONSTRAINT note CHECK (length(CAST(note AS BLOB)) <= 65536),
  time        INTEGER NOT NULL
) STRICT;
