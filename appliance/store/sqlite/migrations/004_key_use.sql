-- What org KEKs were used for, by period. A period begins with a process and with every full hour; audit_from is the size
-- of the audit log when it began, audit_until when it was written last. Not complete: the process ended before it had written down its last counts.
CREATE TABLE key_use_period (
  began_at   INTEGER NOT NULL PRIMARY KEY,
  audit_from INTEGER NOT NULL CONSTRAINT audit_from CHECK (audit_from >= 0),
  audit_until INTEGER NOT NULL CONSTRAINT audit_until CHECK (audit_until >= 0),
  written_at INTEGER NOT NULL,
  complete   INTEGER NOT NULL CONSTRAINT complete CHECK (complete IN (0, 1))
) STRICT;

-- Numbers of uses stand in key_records.hpp. No foreign keys: counts outlive the org, and what only counts must never
-- fail a transaction that others share. org is all zeros for the orgs that were too many to be counted apart.
CREATE TABLE key_use (
  period INTEGER NOT NULL,
  org    BLOB NOT NULL CONSTRAINT org CHECK (length(org) = 16),
  use    INTEGER NOT NULL CONSTRAINT use CHECK (use BETWEEN 1 AND 5),
  count  INTEGER NOT NULL CONSTRAINT count CHECK (count >= 0),
  PRIMARY KEY (org, period, use)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_use_by_period ON key_use (period);
