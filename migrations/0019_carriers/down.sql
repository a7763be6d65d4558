DELETE FROM outbox WHERE consumer = 'carriers';
ALTER TABLE outbox DROP CONSTRAINT outbox_consumer_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_consumer_known CHECK (consumer IN ('gateway', 'notifications', 'dispatch'));

UPDATE drops SET failure = 'rider_stopped' WHERE failure = 'carrier_stopped';
ALTER TABLE drops DROP CONSTRAINT drops_failure_known;
ALTER TABLE drops ADD CONSTRAINT drops_failure_known CHECK (failure IN
    ('nobody_there', 'wrong_address', 'no_access', 'refused', 'too_young', 'not_paid', 'damaged', 'rider_stopped', 'cancelled'));

DROP TABLE carrier_words;
DROP TABLE carrier_bookings;
