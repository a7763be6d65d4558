-- From a basket to a confirmed order: what is typed on the way, what is held, what was
-- ordered, and what became of the money.

-- Everything typed in the checkout, as it was typed, so that nothing is lost and nothing is
-- asked twice. Kept for seven days. `submit_key` is the idempotency key of the next order.
CREATE TABLE checkout_drafts (
    basket_id  UUID PRIMARY KEY REFERENCES baskets (id) ON DELETE CASCADE,
    typed      JSONB       NOT NULL,
    submit_key UUID        NOT NULL,
    touched_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX checkout_drafts_by_touched ON checkout_drafts (touched_at);

CREATE TABLE coupons (
    code                TEXT PRIMARY KEY CONSTRAINT coupons_code_plain CHECK (code ~ '^[A-Z0-9-]{3,30}$'),
    label               TEXT        NOT NULL,
    percent             INTEGER CONSTRAINT coupons_percent_range CHECK (percent BETWEEN 1 AND 100),
    amount_cents        BIGINT CONSTRAINT coupons_amount_positive CHECK (amount_cents > 0),
    minimum_goods_cents BIGINT      NOT NULL DEFAULT 0,
    starts_at           TIMESTAMPTZ NOT NULL,
    ends_at             TIMESTAMPTZ NOT NULL,
    -- `NULL`: any number of times.
    most_uses           INTEGER CONSTRAINT coupons_most_uses_positive CHECK (most_uses > 0),
    used                INTEGER     NOT NULL DEFAULT 0,
    CONSTRAINT coupons_terms CHECK ((percent IS NULL) <> (amount_cents IS NULL)),
    CONSTRAINT coupons_dates_in_order CHECK (starts_at < ends_at),
    -- A single-use coupon cannot be used twice, whatever the code above this line believes.
    CONSTRAINT coupons_not_overused CHECK (used >= 0 AND (most_uses IS NULL OR used <= most_uses))
);

CREATE TABLE orders (
    id               UUID PRIMARY KEY,
    number           TEXT        NOT NULL CONSTRAINT orders_number_unique UNIQUE,
    -- Whose browser placed it. No reference: baskets come and go, orders stay.
    basket_id        UUID        NOT NULL,
    customer_id      UUID REFERENCES customers (id),
    state            TEXT        NOT NULL
                     CONSTRAINT orders_state_known CHECK (state IN ('placed', 'confirmed', 'completed', 'cancelled')),
    -- The key of the form that placed it: its insert is the lock against a second order.
    submit_key       UUID        NOT NULL CONSTRAINT orders_submit_key_unique UNIQUE,
    -- What was in that form: the same key with other content is refused.
    fingerprint      TEXT        NOT NULL,
    quote_id         UUID        NOT NULL REFERENCES quotes (id),
    place_id         INTEGER     NOT NULL REFERENCES places (id),
    window_id        BIGINT      NOT NULL REFERENCES delivery_windows (id),
    window_starts_at TIMESTAMPTZ NOT NULL,
    window_ends_at   TIMESTAMPTZ NOT NULL,
    pay_by           TEXT        NOT NULL
                     CONSTRAINT orders_pay_by_known CHECK (pay_by IN ('card', 'redirect', 'cash_at_door', 'card_at_door')),
    substitutions    TEXT        NOT NULL
                     CONSTRAINT orders_substitutions_known CHECK (substitutions IN ('similar', 'ask', 'leave_out')),
    coupon_code      TEXT REFERENCES coupons (code),
    goods_cents      BIGINT      NOT NULL,
    coupon_cents     BIGINT      NOT NULL,
    fee_cents        BIGINT      NOT NULL CONSTRAINT orders_fee_not_negative CHECK (fee_cents >= 0),
    fee_vat_percent  INTEGER     NOT NULL,
    total_cents      BIGINT      NOT NULL,
    -- The most it can become once everything is weighed; what a card is reserved for.
    maximum_cents    BIGINT      NOT NULL,
    minimum_age      INTEGER     NOT NULL DEFAULT 0,
    placed_at        TIMESTAMPTZ NOT NULL,
    -- Until then stock and window wait for the money; `NULL` once they need not.
    unpaid_until     TIMESTAMPTZ,
    confirmed_at     TIMESTAMPTZ,
    completed_at     TIMESTAMPTZ,
    cancelled_at     TIMESTAMPTZ,
    cancelled_why    TEXT CONSTRAINT orders_cancelled_why_known
                     CHECK (cancelled_why IN ('customer', 'unpaid', 'late_money', 'shop')),
    version          INTEGER     NOT NULL DEFAULT 1,
    CONSTRAINT orders_sums CHECK (total_cents = goods_cents - coupon_cents + fee_cents
        AND maximum_cents >= total_cents AND total_cents >= 0 AND coupon_cents >= 0),
    CONSTRAINT orders_placed_facts CHECK ((state = 'placed') = (unpaid_until IS NOT NULL)),
    CONSTRAINT orders_confirmed_facts CHECK (state NOT IN ('confirmed', 'completed') OR confirmed_at IS NOT NULL),
    CONSTRAINT orders_completed_facts CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
    CONSTRAINT orders_cancelled_facts CHECK (
        (state = 'cancelled') = (cancelled_at IS NOT NULL) AND (state = 'cancelled') = (cancelled_why IS NOT NULL))
);
CREATE INDEX orders_by_basket ON orders (basket_id, placed_at DESC);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at DESC) WHERE customer_id IS NOT NULL;
CREATE INDEX orders_by_quote ON orders (quote_id);
CREATE INDEX orders_by_place ON orders (place_id);
CREATE INDEX orders_by_window ON orders (window_id);
CREATE INDEX orders_by_coupon ON orders (coupon_code) WHERE coupon_code IS NOT NULL;
CREATE INDEX orders_unpaid ON orders (unpaid_until) WHERE unpaid_until IS NOT NULL;

-- Who it goes to: personal data, apart from the rest.
CREATE TABLE order_contacts (
    order_id       UUID PRIMARY KEY REFERENCES orders (id),
    name           TEXT NOT NULL,
    email          TEXT NOT NULL,
    phone          TEXT NOT NULL,
    line           TEXT NOT NULL,
    company        TEXT NOT NULL DEFAULT '',
    town           TEXT NOT NULL,
    eircode        TEXT NOT NULL,
    leave_at       TEXT NOT NULL DEFAULT '',
    note           TEXT NOT NULL DEFAULT '',
    preferred_time TEXT NOT NULL DEFAULT '',
    -- For the rider of this drop alone.
    gate_code      TEXT NOT NULL DEFAULT '',
    gift_note      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX order_contacts_by_email ON order_contacts (lower(email));

-- What was ordered, as it was then.
CREATE TABLE order_lines (
    order_id         UUID    NOT NULL REFERENCES orders (id),
    position         INTEGER NOT NULL,
    product_id       BIGINT  NOT NULL REFERENCES products (id),
    sku              TEXT    NOT NULL,
    slug             TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    brand            TEXT    NOT NULL,
    size_label       TEXT    NOT NULL,
    picture          TEXT    NOT NULL,
    picture_fit      TEXT    NOT NULL
                     CONSTRAINT order_lines_picture_fit_known CHECK (picture_fit IN ('pack', 'fresh')),
    quantity         INTEGER NOT NULL CONSTRAINT order_lines_quantity_range CHECK (quantity BETWEEN 1 AND 99),
    unit_price_cents BIGINT  NOT NULL,
    offer_label      TEXT    NOT NULL DEFAULT '',
    -- Before offers; what they take off; the coupon's share; what is left.
    full_cents       BIGINT  NOT NULL,
    off_cents        BIGINT  NOT NULL,
    coupon_cents     BIGINT  NOT NULL,
    sum_cents        BIGINT  NOT NULL,
    maximum_cents    BIGINT  NOT NULL,
    sold_by          TEXT    NOT NULL CONSTRAINT order_lines_sold_by_known CHECK (sold_by IN ('each', 'weight')),
    per_kg_cents     BIGINT,
    grams            BIGINT,
    vat_percent      INTEGER NOT NULL,
    minimum_age      INTEGER NOT NULL,
    PRIMARY KEY (order_id, position),
    CONSTRAINT order_lines_product_once UNIQUE (order_id, product_id),
    CONSTRAINT order_lines_sums CHECK (sum_cents = full_cents - off_cents - coupon_cents
        AND sum_cents >= 0 AND maximum_cents >= sum_cents)
);
CREATE INDEX order_lines_by_product ON order_lines (product_id);

-- Units of stock that wait for an order; `stock.held` is their sum.
CREATE TABLE stock_holds (
    order_id   UUID    NOT NULL REFERENCES orders (id),
    product_id BIGINT  NOT NULL REFERENCES products (id),
    units      INTEGER NOT NULL CONSTRAINT stock_holds_units_positive CHECK (units > 0),
    PRIMARY KEY (order_id, product_id)
);
CREATE INDEX stock_holds_by_product ON stock_holds (product_id);

-- Room in a window: for a shopper on the way through the checkout, until a time they see; or
-- for an order. `delivery_windows.taken` is their number.
CREATE TABLE window_holds (
    id         UUID PRIMARY KEY,
    window_id  BIGINT NOT NULL REFERENCES delivery_windows (id),
    basket_id  UUID CONSTRAINT window_holds_one_a_basket UNIQUE REFERENCES baskets (id),
    order_id   UUID CONSTRAINT window_holds_one_an_order UNIQUE REFERENCES orders (id),
    held_until TIMESTAMPTZ,
    CONSTRAINT window_holds_one_owner CHECK ((basket_id IS NULL) <> (order_id IS NULL)),
    CONSTRAINT window_holds_end CHECK ((basket_id IS NULL) = (held_until IS NULL))
);
CREATE INDEX window_holds_by_window ON window_holds (window_id, held_until);
CREATE INDEX window_holds_by_end ON window_holds (held_until) WHERE held_until IS NOT NULL;

-- One try to be paid. At most one of an order's can still bring money.
CREATE TABLE payment_attempts (
    id               UUID PRIMARY KEY,
    order_id         UUID        NOT NULL REFERENCES orders (id),
    method           TEXT        NOT NULL
                     CONSTRAINT payment_attempts_method_known CHECK (method IN ('card', 'redirect', 'cash_at_door', 'card_at_door')),
    state            TEXT        NOT NULL CONSTRAINT payment_attempts_state_known
                     CHECK (state IN ('created', 'processing', 'authorised', 'failed', 'abandoned')),
    amount_cents     BIGINT      NOT NULL CONSTRAINT payment_attempts_amount_positive CHECK (amount_cents > 0),
    -- Waits beside the standing attempt to take its place: a renewed authorisation.
    standby          BOOLEAN     NOT NULL DEFAULT false,
    -- The gateway is being told to give it up: what it reserves meanwhile is not counted on.
    shutting         BOOLEAN     NOT NULL DEFAULT false,
    -- The gateway's words for what pays: a payment method's id, or the kind of a redirect.
    gateway_method   TEXT,
    gateway_customer TEXT,
    -- As people read it: `Visa ending 4242`.
    label            TEXT        NOT NULL,
    intent           TEXT CONSTRAINT payment_attempts_intent_unique UNIQUE,
    failure          TEXT,
    -- Where the shopper approves, while that is waited for.
    approve_at       TEXT,
    made_at          TIMESTAMPTZ NOT NULL,
    settled_at       TIMESTAMPTZ,
    -- Until when an authorisation can be captured.
    good_until       TIMESTAMPTZ,
    -- When the gateway is asked next; `NULL` when no money can move any more by itself.
    ask_at           TIMESTAMPTZ,
    asks             INTEGER     NOT NULL DEFAULT 0,
    CONSTRAINT payment_attempts_failure_facts CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT payment_attempts_settled_facts CHECK ((state = 'created' OR state = 'processing') = (settled_at IS NULL)),
    CONSTRAINT payment_attempts_open_are_asked CHECK (
        settled_at IS NOT NULL OR method LIKE '%_at_door' OR ask_at IS NOT NULL)
);
CREATE UNIQUE INDEX payment_attempts_one_standing ON payment_attempts (order_id)
    WHERE state IN ('created', 'processing', 'authorised') AND NOT standby;
CREATE INDEX payment_attempts_by_order ON payment_attempts (order_id, made_at);
CREATE INDEX payment_attempts_to_ask ON payment_attempts (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX payment_attempts_ending ON payment_attempts (good_until) WHERE state = 'authorised';

CREATE TABLE captures (
    id           UUID PRIMARY KEY,
    attempt_id   UUID        NOT NULL REFERENCES payment_attempts (id),
    amount_cents BIGINT      NOT NULL CONSTRAINT captures_amount_positive CHECK (amount_cents > 0),
    state        TEXT        NOT NULL CONSTRAINT captures_state_known CHECK (state IN ('requested', 'succeeded', 'failed')),
    failure      TEXT,
    asked_at     TIMESTAMPTZ NOT NULL,
    settled_at   TIMESTAMPTZ,
    CONSTRAINT captures_settled_facts CHECK ((state = 'requested') = (settled_at IS NULL)),
    CONSTRAINT captures_failure_facts CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE UNIQUE INDEX captures_one_an_attempt ON captures (attempt_id) WHERE state IN ('requested', 'succeeded');
CREATE INDEX captures_by_attempt ON captures (attempt_id);
CREATE INDEX captures_open ON captures (asked_at) WHERE state = 'requested';

CREATE TABLE refunds (
    id             UUID PRIMARY KEY,
    attempt_id     UUID        NOT NULL REFERENCES payment_attempts (id),
    amount_cents   BIGINT      NOT NULL CONSTRAINT refunds_amount_positive CHECK (amount_cents > 0),
    reason         TEXT        NOT NULL CONSTRAINT refunds_reason_known
                   CHECK (reason IN ('cancelled', 'late_money', 'packed_for_less', 'goodwill', 'returned')),
    state          TEXT        NOT NULL CONSTRAINT refunds_state_known CHECK (state IN ('requested', 'succeeded', 'failed')),
    gateway_refund TEXT CONSTRAINT refunds_gateway_refund_unique UNIQUE,
    failure        TEXT,
    asked_at       TIMESTAMPTZ NOT NULL,
    settled_at     TIMESTAMPTZ,
    ask_at         TIMESTAMPTZ,
    asks           INTEGER     NOT NULL DEFAULT 0,
    CONSTRAINT refunds_settled_facts CHECK ((state = 'requested') = (settled_at IS NULL)),
    CONSTRAINT refunds_failure_facts CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX refunds_by_attempt ON refunds (attempt_id);
CREATE INDEX refunds_to_ask ON refunds (ask_at) WHERE ask_at IS NOT NULL;

-- Every word of the gateway's, once, kept before it is acted on: one that comes before its
-- order waits here.
CREATE TABLE gateway_events (
    id          TEXT PRIMARY KEY,
    kind        TEXT        NOT NULL,
    intent      TEXT,
    body        JSONB       NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    decision    TEXT        NOT NULL CONSTRAINT gateway_events_decision_known
                CHECK (decision IN ('waiting', 'applied', 'already_true', 'too_late', 'not_ours')),
    decided_at  TIMESTAMPTZ
);
CREATE INDEX gateway_events_waiting ON gateway_events (received_at) WHERE decision = 'waiting';

-- Cards a customer lets the gateway keep. We know how they read, never their numbers.
CREATE TABLE saved_cards (
    id             UUID PRIMARY KEY,
    customer_id    UUID        NOT NULL REFERENCES customers (id),
    gateway_method TEXT        NOT NULL CONSTRAINT saved_cards_method_unique UNIQUE,
    -- Whom the gateway keeps it for.
    gateway_customer TEXT      NOT NULL,
    label          TEXT        NOT NULL,
    expires        TEXT        NOT NULL,
    saved_at       TIMESTAMPTZ NOT NULL,
    removed_at     TIMESTAMPTZ
);
CREATE INDEX saved_cards_by_customer ON saved_cards (customer_id) WHERE removed_at IS NULL;

-- Links that open an order anywhere; only a digest of what is in them.
CREATE TABLE order_links (
    digest     BYTEA PRIMARY KEY,
    order_id   UUID        NOT NULL REFERENCES orders (id),
    made_at    TIMESTAMPTZ NOT NULL,
    ends_at    TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX order_links_by_order ON order_links (order_id);

-- Who is still to hear of an event. A row is claimed by lease and done once.
CREATE TABLE outbox (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     BIGINT      NOT NULL REFERENCES events (id),
    consumer     TEXT        NOT NULL CONSTRAINT outbox_consumer_known CHECK (consumer IN ('gateway', 'notifications')),
    due_at       TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    tries        INTEGER     NOT NULL DEFAULT 0,
    done_at      TIMESTAMPTZ,
    -- The last refusal, once there are no more tries: for staff to see.
    failed       TEXT,
    CONSTRAINT outbox_once UNIQUE (event_id, consumer)
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL AND failed IS NULL;
CREATE INDEX outbox_failed ON outbox (id) WHERE failed IS NOT NULL;

ALTER TABLE events DROP CONSTRAINT events_topic_known;
ALTER TABLE events ADD CONSTRAINT events_topic_known CHECK (topic IN ('quote', 'order', 'payment'));

-- Open pages of an order hear of each of its events; the worker hears that there is work.
CREATE FUNCTION tell_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', 'order:' || NEW.subject);
    RETURN NULL;
END $$;
CREATE TRIGGER events_tell AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.topic IN ('order', 'payment')) EXECUTE FUNCTION tell_event();
CREATE TRIGGER outbox_tell AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('outbox');
CREATE FUNCTION tell_window_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', 'delivery');
    RETURN NULL;
END $$;
-- Only when a window fills up or opens again: that is all the pages say.
CREATE TRIGGER delivery_windows_tell AFTER UPDATE ON delivery_windows FOR EACH ROW
    WHEN ((OLD.taken >= OLD.capacity) <> (NEW.taken >= NEW.capacity)) EXECUTE FUNCTION tell_window_changed();

-- The way through the checkout is walked, too.
ALTER TABLE journey_events DROP CONSTRAINT journey_events_kind_known;
ALTER TABLE journey_events ADD CONSTRAINT journey_events_kind_known CHECK (kind IN (
    'visit', 'place_set', 'place_unknown', 'search', 'product_seen', 'basket_changed',
    'checkout_started', 'delivery_done', 'payment_done', 'order_placed'));
