-- From a confirmed order to the doorstep: what is picked, what leaves the shelves, who drives
-- it, and what was promised about when.

-- Where a product stands, as pickers walk (`A03-12`), and who has changed the row last.
ALTER TABLE stock ADD COLUMN shelf TEXT NOT NULL DEFAULT '';
ALTER TABLE stock ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- Every unit that came or went, and why.
CREATE TABLE stock_movements (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id BIGINT      NOT NULL REFERENCES products (id),
    reason     TEXT        NOT NULL CONSTRAINT stock_movements_reason_known
               CHECK (reason IN ('received', 'counted', 'picked', 'put_back', 'missing', 'came_back', 'spoiled')),
    units      INTEGER     NOT NULL CONSTRAINT stock_movements_units_not_nought CHECK (units <> 0),
    on_hand    INTEGER     NOT NULL,
    order_id   UUID REFERENCES orders (id),
    note       TEXT        NOT NULL DEFAULT '',
    actor      TEXT        NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX stock_movements_by_product ON stock_movements (product_id, id DESC);
CREATE INDEX stock_movements_by_order ON stock_movements (order_id) WHERE order_id IS NOT NULL;

-- How far the warehouse is with an order. Begins when the order is confirmed.
CREATE TABLE fulfilments (
    order_id         UUID PRIMARY KEY REFERENCES orders (id),
    state            TEXT        NOT NULL CONSTRAINT fulfilments_state_known
                     CHECK (state IN ('waiting', 'picking', 'packed', 'handed_over')),
    -- What the queue is sorted by: kept here, so that it is one index.
    due_at           TIMESTAMPTZ NOT NULL,
    window_starts_at TIMESTAMPTZ NOT NULL,
    picker_id        UUID REFERENCES staff_members (id),
    -- When the picker last did something: who is silent for long can be taken over from.
    touched_at       TIMESTAMPTZ,
    started_at       TIMESTAMPTZ,
    packed_at        TIMESTAMPTZ,
    handed_over_at   TIMESTAMPTZ,
    -- What it really came to, once it is packed.
    goods_cents      BIGINT,
    total_cents      BIGINT,
    -- The order was cancelled: nobody picks it.
    stopped_at       TIMESTAMPTZ,
    version          INTEGER     NOT NULL DEFAULT 1,
    CONSTRAINT fulfilments_picking_facts CHECK (state <> 'picking' OR (picker_id IS NOT NULL AND touched_at IS NOT NULL)),
    CONSTRAINT fulfilments_waiting_facts CHECK (state <> 'waiting' OR picker_id IS NULL),
    CONSTRAINT fulfilments_packed_facts CHECK (
        (state IN ('packed', 'handed_over')) = (packed_at IS NOT NULL)
        AND (packed_at IS NULL) = (total_cents IS NULL) AND (packed_at IS NULL) = (goods_cents IS NULL)),
    CONSTRAINT fulfilments_handed_over_facts CHECK ((state = 'handed_over') = (handed_over_at IS NOT NULL))
);
CREATE INDEX fulfilments_queue ON fulfilments (state, due_at, order_id)
    WHERE state IN ('waiting', 'picking', 'packed') AND stopped_at IS NULL;
CREATE INDEX fulfilments_by_picker ON fulfilments (picker_id) WHERE picker_id IS NOT NULL;

-- What became of a line. None yet: nobody has been there.
CREATE TABLE picks (
    order_id     UUID        NOT NULL,
    position     INTEGER     NOT NULL,
    state        TEXT        NOT NULL CONSTRAINT picks_state_known CHECK (state IN ('picked', 'substituted', 'left_out')),
    -- What lies in the bag: the line's own product, or what stands in for it.
    product_id   BIGINT REFERENCES products (id),
    units        INTEGER     NOT NULL CONSTRAINT picks_units_range CHECK (units BETWEEN 0 AND 99),
    -- Of all units together, as weighed.
    grams        BIGINT CONSTRAINT picks_grams_positive CHECK (grams > 0),
    sum_cents    BIGINT      NOT NULL CONSTRAINT picks_sum_not_negative CHECK (sum_cents >= 0),
    at           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_lines (order_id, position),
    CONSTRAINT picks_left_out_facts CHECK ((state = 'left_out') = (units = 0)
        AND (state = 'left_out') = (product_id IS NULL) AND (state <> 'left_out' OR sum_cents = 0))
);
CREATE INDEX picks_by_product ON picks (product_id) WHERE product_id IS NOT NULL;

-- A bag or crate of a packed order. Its code is on the label.
CREATE TABLE bags (
    code     TEXT PRIMARY KEY,
    order_id UUID    NOT NULL REFERENCES orders (id),
    number   INTEGER NOT NULL,
    storage  TEXT    NOT NULL CONSTRAINT bags_storage_known CHECK (storage IN ('ambient', 'chilled', 'frozen', 'fresh')),
    CONSTRAINT bags_number_once UNIQUE (order_id, number)
);

-- Who drives, and where they were seen last while they were on the way.
CREATE TABLE riders (
    id          UUID PRIMARY KEY REFERENCES staff_members (id),
    first_name  TEXT    NOT NULL,
    phone       TEXT    NOT NULL DEFAULT '',
    on_shift    BOOLEAN NOT NULL DEFAULT false,
    -- Orders they can carry at once.
    capacity    INTEGER NOT NULL DEFAULT 6 CONSTRAINT riders_capacity_range CHECK (capacity BETWEEN 1 AND 50),
    latitude    DOUBLE PRECISION,
    longitude   DOUBLE PRECISION,
    position_at TIMESTAMPTZ,
    -- When anything was heard of them.
    heard_at    TIMESTAMPTZ,
    CONSTRAINT riders_position_facts CHECK ((latitude IS NULL) = (longitude IS NULL) AND (latitude IS NULL) = (position_at IS NULL))
);

-- One try to deliver an order.
CREATE TABLE drops (
    id           UUID PRIMARY KEY,
    order_id     UUID        NOT NULL REFERENCES orders (id),
    attempt      INTEGER     NOT NULL CONSTRAINT drops_attempt_positive CHECK (attempt > 0),
    state        TEXT        NOT NULL CONSTRAINT drops_state_known
                 CHECK (state IN ('planned', 'rider_assigned', 'on_the_way', 'delivered', 'failed')),
    zone_id      INTEGER     NOT NULL REFERENCES zones (id),
    -- When it is to be there by.
    starts_at    TIMESTAMPTZ NOT NULL,
    ends_at      TIMESTAMPTZ NOT NULL,
    latitude     DOUBLE PRECISION NOT NULL,
    longitude    DOUBLE PRECISION NOT NULL,
    rider_id     UUID REFERENCES riders (id),
    -- Its place among the stops of its rider.
    stop         INTEGER     NOT NULL DEFAULT 0,
    carrier      TEXT,
    carrier_ref  TEXT,
    tracking_url TEXT,
    planned_at   TIMESTAMPTZ NOT NULL,
    assigned_at  TIMESTAMPTZ,
    left_at      TIMESTAMPTZ,
    arrived_at   TIMESTAMPTZ,
    ended_at     TIMESTAMPTZ,
    failure      TEXT CONSTRAINT drops_failure_known CHECK (failure IN
                 ('nobody_there', 'wrong_address', 'no_access', 'refused', 'too_young', 'not_paid', 'damaged', 'rider_stopped', 'cancelled')),
    proof        TEXT CONSTRAINT drops_proof_known CHECK (proof IN ('code', 'name', 'photo', 'safe_place', 'carrier')),
    -- The name given, or where the picture lies.
    proof_detail TEXT        NOT NULL DEFAULT '',
    version      INTEGER     NOT NULL DEFAULT 1,
    CONSTRAINT drops_attempt_once UNIQUE (order_id, attempt),
    CONSTRAINT drops_assigned_facts CHECK (state <> 'rider_assigned' OR (rider_id IS NOT NULL OR carrier IS NOT NULL)),
    CONSTRAINT drops_ended_facts CHECK ((state IN ('delivered', 'failed')) = (ended_at IS NOT NULL)),
    CONSTRAINT drops_failed_facts CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT drops_delivered_facts CHECK ((state = 'delivered') = (proof IS NOT NULL)),
    CONSTRAINT drops_carrier_facts CHECK (carrier IS NOT NULL OR (carrier_ref IS NULL AND tracking_url IS NULL))
);
CREATE UNIQUE INDEX drops_one_open ON drops (order_id) WHERE state IN ('planned', 'rider_assigned', 'on_the_way');
CREATE INDEX drops_open ON drops (ends_at, id) WHERE state IN ('planned', 'rider_assigned', 'on_the_way');
CREATE INDEX drops_by_rider ON drops (rider_id, stop) WHERE state IN ('rider_assigned', 'on_the_way');
CREATE INDEX drops_of_rider ON drops (rider_id, ended_at DESC);
CREATE INDEX drops_by_zone ON drops (zone_id);
CREATE UNIQUE INDEX drops_by_carrier_ref ON drops (carrier, carrier_ref) WHERE carrier_ref IS NOT NULL;

-- Every word of a rider's device, once, by its own id: what is sent again changes nothing, what
-- was done in a tunnel comes later with its own time.
CREATE TABLE rider_uploads (
    id          UUID PRIMARY KEY,
    rider_id    UUID        NOT NULL REFERENCES riders (id),
    drop_id     UUID REFERENCES drops (id),
    kind        TEXT        NOT NULL,
    body        JSONB       NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    decision    TEXT        NOT NULL CONSTRAINT rider_uploads_decision_known
                CHECK (decision IN ('applied', 'already_true', 'too_late', 'refused')),
    answer      TEXT        NOT NULL DEFAULT ''
);
CREATE INDEX rider_uploads_by_rider ON rider_uploads (rider_id, received_at DESC);
CREATE INDEX rider_uploads_by_drop ON rider_uploads (drop_id) WHERE drop_id IS NOT NULL;

-- What was promised about when, for ever. The first is the checkout's.
CREATE TABLE promises (
    order_id  UUID        NOT NULL REFERENCES orders (id),
    version   INTEGER     NOT NULL CONSTRAINT promises_version_positive CHECK (version > 0),
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at   TIMESTAMPTZ NOT NULL,
    who       TEXT        NOT NULL,
    why       TEXT        NOT NULL,
    made_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, version),
    CONSTRAINT promises_in_order CHECK (starts_at < ends_at)
);
CREATE TRIGGER promises_append_only BEFORE UPDATE OR DELETE ON promises
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promises_never_emptied BEFORE TRUNCATE ON promises
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE events DROP CONSTRAINT events_topic_known;
ALTER TABLE events ADD CONSTRAINT events_topic_known
    CHECK (topic IN ('quote', 'order', 'payment', 'fulfilment', 'drop', 'promise', 'stock'));
DROP TRIGGER events_tell ON events;
CREATE TRIGGER events_tell AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.topic IN ('order', 'payment', 'fulfilment', 'drop', 'promise')) EXECUTE FUNCTION tell_event();

ALTER TABLE outbox DROP CONSTRAINT outbox_consumer_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_consumer_known CHECK (consumer IN ('gateway', 'notifications', 'dispatch'));

-- Orders that were confirmed before there was a warehouse: they wait for it like all others.
INSERT INTO fulfilments (order_id, state, due_at, window_starts_at)
    SELECT id, 'waiting', window_starts_at, window_starts_at FROM orders WHERE state = 'confirmed';
INSERT INTO promises (order_id, version, starts_at, ends_at, who, why, made_at)
    SELECT id, 1, window_starts_at, window_ends_at, 'customer', 'chosen at the checkout', placed_at FROM orders;
