-- Money that the gateway would not move is for staff to see and to have tried once more: what was refused is found
-- without reading the rest, and a refund says which refused one it is asked for again, so that it is asked for once.

ALTER TABLE refunds ADD COLUMN again_of UUID CONSTRAINT refunds_again_once UNIQUE REFERENCES refunds (id);
CREATE INDEX refunds_failed ON refunds (settled_at, id) WHERE state = 'failed';
CREATE INDEX captures_failed ON captures (settled_at, id) WHERE state = 'failed';
