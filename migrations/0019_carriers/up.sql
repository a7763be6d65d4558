-- Drops that an outside carrier brings: what was asked of it, and its own words about it.

-- One booking. Its id is the key under which it is asked for, so that asking again is never booking twice.
CREATE TABLE carrier_bookings (
    id           UUID PRIMARY KEY,
    order_id     UUID        NOT NULL REFERENCES orders (id),
    drop_id      UUID        NOT NULL REFERENCES drops (id),
    -- The carrier's name in the settings.
    carrier      TEXT        NOT NULL,
    state        TEXT        NOT NULL CONSTRAINT carrier_bookings_state_known
                 CHECK (state IN ('asked', 'booked', 'refused', 'ending', 'ended', 'kept')),
    reference    TEXT,
    -- Why it was refused, or is given up.
    words        TEXT        NOT NULL DEFAULT '',
    asked_at     TIMESTAMPTZ NOT NULL,
    collected_at TIMESTAMPTZ,
    -- When the carrier is asked next how far it is.
    ask_at       TIMESTAMPTZ,
    CONSTRAINT carrier_bookings_booked_facts CHECK (state <> 'booked' OR reference IS NOT NULL),
    CONSTRAINT carrier_bookings_polled_facts CHECK (ask_at IS NULL OR reference IS NOT NULL)
);
-- Of one try there is one booking that counts.
CREATE UNIQUE INDEX carrier_bookings_one_live ON carrier_bookings (drop_id) WHERE state IN ('asked', 'booked');
CREATE INDEX carrier_bookings_by_drop ON carrier_bookings (drop_id);
CREATE INDEX carrier_bookings_by_order ON carrier_bookings (order_id);
CREATE UNIQUE INDEX carrier_bookings_by_reference ON carrier_bookings (carrier, reference) WHERE reference IS NOT NULL;
CREATE INDEX carrier_bookings_to_ask ON carrier_bookings (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX carrier_bookings_newest ON carrier_bookings (asked_at DESC, id DESC);

-- What carriers have said, word for word, each once.
CREATE TABLE carrier_words (
    carrier     TEXT        NOT NULL,
    id          TEXT        NOT NULL,
    -- The carrier's number for what it is about, and its word for what has happened.
    reference   TEXT        NOT NULL,
    said        TEXT        NOT NULL,
    body        JSONB       NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    decision    TEXT        NOT NULL CONSTRAINT carrier_words_decision_known
                CHECK (decision IN ('waiting', 'applied', 'already_true', 'too_late', 'unknown_state', 'not_ours')),
    decided_at  TIMESTAMPTZ,
    -- When somebody here has taken note of it.
    seen_at     TIMESTAMPTZ,
    PRIMARY KEY (carrier, id)
);
CREATE INDEX carrier_words_waiting ON carrier_words (received_at) WHERE decision = 'waiting';
CREATE INDEX carrier_words_to_see ON carrier_words (received_at DESC, carrier, id)
    WHERE seen_at IS NULL AND decision IN ('waiting', 'too_late', 'unknown_state', 'not_ours');

ALTER TABLE drops DROP CONSTRAINT drops_failure_known;
ALTER TABLE drops ADD CONSTRAINT drops_failure_known CHECK (failure IN
    ('nobody_there', 'wrong_address', 'no_access', 'refused', 'too_young', 'not_paid', 'damaged', 'rider_stopped',
     'carrier_stopped', 'cancelled'));

ALTER TABLE outbox DROP CONSTRAINT outbox_consumer_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_consumer_known
    CHECK (consumer IN ('gateway', 'notifications', 'dispatch', 'carriers'));
