DROP INDEX rider_uploads_by_age;
DROP INDEX delivery_windows_by_start;
ALTER TABLE outbox DROP COLUMN last_error;
ALTER TABLE riders DROP COLUMN zone_id;
