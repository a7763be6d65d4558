-- Footsteps through the shop, for the managers' funnel. No names, no addresses.

CREATE TABLE journey_events (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at TIMESTAMPTZ NOT NULL,
    visitor     TEXT        NOT NULL,
    session     TEXT        NOT NULL,
    kind        TEXT        NOT NULL CONSTRAINT journey_events_kind_known CHECK (kind IN (
                    'visit', 'place_set', 'place_unknown', 'search', 'product_seen', 'basket_changed')),
    detail      JSONB       NOT NULL
);
CREATE INDEX journey_events_by_time ON journey_events (happened_at);
CREATE INDEX journey_events_by_visitor ON journey_events (visitor, id);
CREATE TRIGGER journey_events_append_only BEFORE UPDATE OR DELETE ON journey_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journey_events_never_emptied BEFORE TRUNCATE ON journey_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
