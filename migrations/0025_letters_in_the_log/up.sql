-- What is written to a customer about an order is a fact like all others: written, sent, given up.
ALTER TABLE events DROP CONSTRAINT events_topic_known;
ALTER TABLE events ADD CONSTRAINT events_topic_known
    CHECK (topic IN ('quote', 'order', 'payment', 'fulfilment', 'drop', 'promise', 'stock', 'message'));

ALTER TABLE outgoing_mail ADD COLUMN order_id UUID REFERENCES orders (id);
CREATE INDEX outgoing_mail_by_order ON outgoing_mail (order_id) WHERE order_id IS NOT NULL;
