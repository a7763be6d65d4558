-- When each open order is expected at its door, reckoned anew from the facts every few seconds. Nothing
-- but the newest is kept: what a customer was told of it is an event, and a promise.
CREATE TABLE forecasts (
    order_id     UUID PRIMARY KEY REFERENCES orders (id),
    -- Whichever instance comes first then reckons it.
    due_at       TIMESTAMPTZ NOT NULL,
    -- None: nothing can be said, or not yet.
    expected_at  TIMESTAMPTZ,
    from_at      TIMESTAMPTZ,
    to_at        TIMESTAMPTZ,
    -- What makes it late, where it passes the promised window.
    cause        TEXT CONSTRAINT forecasts_cause_known CHECK (cause IN
                 ('payment_waiting', 'stock_short', 'queue_too_long', 'no_rider', 'rider_silent', 'rider_stopped', 'wrong_address', 'closure')),
    reckoned_at  TIMESTAMPTZ,
    -- Nobody goes there before.
    closed_until TIMESTAMPTZ,
    CONSTRAINT forecasts_facts CHECK ((expected_at IS NULL) = (from_at IS NULL) AND (expected_at IS NULL) = (to_at IS NULL)
        AND (cause IS NULL OR expected_at IS NOT NULL))
);
CREATE INDEX forecasts_due ON forecasts (due_at, order_id);
-- What staff see at risk.
CREATE INDEX forecasts_at_risk ON forecasts (expected_at, order_id) WHERE cause IS NOT NULL;

-- Open pages hear of it when what they say has changed.
CREATE FUNCTION tell_forecast() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', 'order:' || NEW.order_id);
    RETURN NULL;
END $$;
CREATE TRIGGER forecasts_tell AFTER UPDATE ON forecasts FOR EACH ROW
    WHEN (OLD.from_at IS DISTINCT FROM NEW.from_at OR OLD.to_at IS DISTINCT FROM NEW.to_at)
    EXECUTE FUNCTION tell_forecast();

-- Which orders there is to be a forecast of.
CREATE INDEX orders_open ON orders (id) WHERE state IN ('placed', 'confirmed');

-- Since when a rider has not moved from where they were last seen.
ALTER TABLE riders ADD COLUMN stands_since TIMESTAMPTZ;
