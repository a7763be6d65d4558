-- What the dispatcher's board, and who looks after what has failed, have to know.

-- The zone a rider goes to; none: all of them.
ALTER TABLE riders ADD COLUMN zone_id INTEGER REFERENCES zones (id);
CREATE INDEX riders_by_zone ON riders (zone_id) WHERE zone_id IS NOT NULL;

-- Why the last try came to nothing, also while more of them are to come.
ALTER TABLE outbox ADD COLUMN last_error TEXT;
UPDATE outbox SET last_error = failed WHERE failed IS NOT NULL;

-- The board's windows are those of some hours, in all zones.
CREATE INDEX delivery_windows_by_start ON delivery_windows (starts_at, id);

-- Words of devices are kept for a while; the oldest go first.
CREATE INDEX rider_uploads_by_age ON rider_uploads (received_at, id);
