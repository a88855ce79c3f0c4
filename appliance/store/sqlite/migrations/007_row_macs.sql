-- Rows that say who may do what bear a MAC over what they say (row_seal_functions.hpp). It covers neither notes of use
-- nor times of creation. NULL: written before the database had its key.
ALTER TABLE org ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
ALTER TABLE member ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
ALTER TABLE group_member ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
ALTER TABLE group_seed ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
ALTER TABLE staff ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
ALTER TABLE staff_credential ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
ALTER TABLE session ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
ALTER TABLE api_key ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
ALTER TABLE one_time_token ADD COLUMN mac BLOB CONSTRAINT mac CHECK (mac IS NULL OR length(mac) = 32);
