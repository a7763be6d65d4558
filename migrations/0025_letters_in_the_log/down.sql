ALTER TABLE outgoing_mail DROP COLUMN order_id;

ALTER TABLE events DROP CONSTRAINT events_topic_known;
-- What was written stays; only new facts have to be of the topics known before.
ALTER TABLE events ADD CONSTRAINT events_topic_known
    CHECK (topic IN ('quote', 'order', 'payment', 'fulfilment', 'drop', 'promise', 'stock')) NOT VALID;
