DROP TABLE drop_photos;
ALTER TABLE drops DROP CONSTRAINT drops_photo_facts;
ALTER TABLE drops DROP COLUMN photo_sha256;
