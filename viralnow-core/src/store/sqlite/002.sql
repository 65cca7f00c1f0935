-- Version 2: the hash of everything that was given, by which work is known again. Until now `content_sha256` was that.
ALTER TABLE assets ADD COLUMN input_sha256 TEXT;
UPDATE assets SET input_sha256 = content_sha256;
CREATE INDEX assets_by_input ON assets (input_sha256) WHERE input_sha256 IS NOT NULL;
