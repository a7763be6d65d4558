-- A picture as the proof that an order was left at its door.

-- What the event says of it: which picture it was, for ever. The picture itself goes after a while.
ALTER TABLE drops ADD COLUMN photo_sha256 TEXT
    CONSTRAINT drops_photo_sha256_form CHECK (photo_sha256 ~ '^[0-9a-f]{64}$');
-- Nothing is "delivered, with a picture" without one.
ALTER TABLE drops ADD CONSTRAINT drops_photo_facts
    CHECK ((proof IS NOT DISTINCT FROM 'photo') = (photo_sha256 IS NOT NULL));

-- The pictures, as we wrote them anew. Personal: deleted after the days that the settings say.
CREATE TABLE drop_photos (
    drop_id   UUID PRIMARY KEY REFERENCES drops (id),
    sha256    TEXT        NOT NULL,
    width     INTEGER     NOT NULL,
    height    INTEGER     NOT NULL,
    jpeg      BYTEA       NOT NULL,
    taken_at  TIMESTAMPTZ NOT NULL,
    stored_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT drop_photos_size_range CHECK (width BETWEEN 1 AND 1280 AND height BETWEEN 1 AND 1280),
    CONSTRAINT drop_photos_bytes_range CHECK (octet_length(jpeg) BETWEEN 1 AND 2097152)
);
-- A JPEG does not get smaller by being packed again.
ALTER TABLE drop_photos ALTER COLUMN jpeg SET STORAGE EXTERNAL;
-- What is old enough to go, and what came last.
CREATE INDEX drop_photos_by_age ON drop_photos (stored_at, drop_id);
