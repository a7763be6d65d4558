-- A release before this one cannot read these facts, and misses nothing without them.
ALTER TABLE events DISABLE TRIGGER events_append_only;
DELETE FROM outbox o USING events e WHERE e.id = o.event_id AND e.kind IN ('letter_tried_again', 'delay_eased');
DELETE FROM events WHERE kind IN ('letter_tried_again', 'delay_eased');
ALTER TABLE events ENABLE TRIGGER events_append_only;
DROP INDEX rider_uploads_by_age;
DROP INDEX delivery_windows_by_start;
ALTER TABLE outbox DROP COLUMN last_error;
ALTER TABLE riders DROP COLUMN zone_id;
