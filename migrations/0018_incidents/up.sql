-- What closes a zone, a window or all of it for a while, and the promises that it moves.

CREATE TABLE incidents (
    -- Made with the preview's page: the same click again finds the same incident.
    id        UUID PRIMARY KEY,
    kind      TEXT        NOT NULL CONSTRAINT incidents_kind_known CHECK (kind IN ('fire', 'snow', 'van_broken', 'other')),
    -- None: all zones.
    zone_id   INTEGER REFERENCES zones (id),
    -- This window alone, where one is named.
    window_id BIGINT REFERENCES delivery_windows (id),
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at   TIMESTAMPTZ NOT NULL,
    -- For colleagues; customers read the kind's own sentence.
    note      TEXT        NOT NULL DEFAULT '',
    made_by   UUID        NOT NULL REFERENCES staff_members (id),
    made_at   TIMESTAMPTZ NOT NULL,
    ended_by  UUID REFERENCES staff_members (id),
    ended_at  TIMESTAMPTZ,
    CONSTRAINT incidents_in_order CHECK (starts_at < ends_at),
    CONSTRAINT incidents_ended_facts CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX incidents_newest ON incidents (made_at DESC, id DESC);
CREATE INDEX incidents_open ON incidents (ends_at) WHERE ended_at IS NULL;
CREATE INDEX incidents_by_zone ON incidents (zone_id);
CREATE INDEX incidents_by_window ON incidents (window_id);
CREATE INDEX incidents_by_maker ON incidents (made_by);
CREATE INDEX incidents_by_ender ON incidents (ended_by);
-- Pages that show windows are made anew.
CREATE TRIGGER incidents_tell AFTER INSERT OR UPDATE ON incidents
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('delivery');

-- Nobody is offered it while that lasts.
ALTER TABLE delivery_windows ADD COLUMN closed_by UUID REFERENCES incidents (id);
CREATE INDEX delivery_windows_closed ON delivery_windows (closed_by) WHERE closed_by IS NOT NULL;

-- The orders an incident moves, each in a transaction of its own.
CREATE TABLE incident_orders (
    incident_id UUID        NOT NULL REFERENCES incidents (id),
    order_id    UUID        NOT NULL REFERENCES orders (id),
    -- Whose turn it is: by window, then by who ordered first.
    place       INTEGER     NOT NULL,
    starts_at   TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ NOT NULL,
    due_at      TIMESTAMPTZ NOT NULL,
    tries       INTEGER     NOT NULL DEFAULT 0,
    -- None: still to be done.
    outcome     TEXT CONSTRAINT incident_orders_outcome_known CHECK (outcome IN ('moved', 'no_later', 'stays', 'failed')),
    -- Where it was moved to.
    new_starts_at TIMESTAMPTZ,
    new_ends_at   TIMESTAMPTZ,
    PRIMARY KEY (incident_id, order_id),
    CONSTRAINT incident_orders_moved_facts CHECK ((outcome IS NOT NULL AND outcome = 'moved') = (new_starts_at IS NOT NULL)
        AND (new_starts_at IS NULL) = (new_ends_at IS NULL))
);
CREATE INDEX incident_orders_by_order ON incident_orders (order_id);
CREATE INDEX incident_orders_to_do ON incident_orders (due_at, incident_id, place) WHERE outcome IS NULL;
CREATE INDEX incident_orders_by_outcome ON incident_orders (incident_id, outcome, place);

-- Which crate of a picker's trolley an order is picked into, while several are picked in one walk.
ALTER TABLE fulfilments ADD COLUMN crate_no INTEGER CONSTRAINT fulfilments_crate_range CHECK (crate_no BETWEEN 1 AND 20);
CREATE UNIQUE INDEX fulfilments_one_in_a_crate ON fulfilments (picker_id, crate_no)
    WHERE crate_no IS NOT NULL AND state = 'picking' AND stopped_at IS NULL;
