-- Where we go, what that costs, and when.

CREATE TABLE zones (
    id              INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code            TEXT   NOT NULL CONSTRAINT zones_code_unique UNIQUE,
    name            TEXT   NOT NULL,
    fee_cents       BIGINT NOT NULL CONSTRAINT zones_fee_not_negative CHECK (fee_cents >= 0),
    free_from_cents BIGINT NOT NULL CONSTRAINT zones_free_from_positive CHECK (free_from_cents > 0),
    minimum_cents   BIGINT NOT NULL CONSTRAINT zones_minimum_not_negative CHECK (minimum_cents >= 0)
);

-- Routing keys we know of; those without a zone are outside the area.
CREATE TABLE places (
    id          INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    routing_key TEXT             NOT NULL CONSTRAINT places_routing_key_unique UNIQUE,
    area        TEXT             NOT NULL,
    short_name  TEXT             NOT NULL,
    latitude    DOUBLE PRECISION NOT NULL,
    longitude   DOUBLE PRECISION NOT NULL,
    zone_id     INTEGER REFERENCES zones (id)
);
CREATE INDEX places_by_zone ON places (zone_id);

-- Area names a person may type, folded to plain lower-case words.
CREATE TABLE place_names (
    name     TEXT PRIMARY KEY,
    place_id INTEGER NOT NULL REFERENCES places (id)
);
CREATE INDEX place_names_by_place ON place_names (place_id);

-- A week of windows, in the shop's own clock; `cutoff_minutes` before the start (less than 0: after it).
CREATE TABLE window_templates (
    id             INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zone_id        INTEGER NOT NULL REFERENCES zones (id),
    weekdays       TEXT    NOT NULL CONSTRAINT window_templates_weekdays_known CHECK (weekdays ~ '^[1-7]{1,7}$'),
    start_minute   INTEGER NOT NULL CONSTRAINT window_templates_start_range CHECK (start_minute BETWEEN 0 AND 1439),
    minutes        INTEGER NOT NULL CONSTRAINT window_templates_minutes_range CHECK (minutes BETWEEN 15 AND 720),
    capacity       INTEGER NOT NULL CONSTRAINT window_templates_capacity_not_negative CHECK (capacity >= 0),
    cutoff_minutes INTEGER NOT NULL,
    CONSTRAINT window_templates_unique UNIQUE (zone_id, start_minute, minutes)
);

CREATE TABLE delivery_windows (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zone_id   INTEGER     NOT NULL REFERENCES zones (id),
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at   TIMESTAMPTZ NOT NULL,
    cutoff_at TIMESTAMPTZ NOT NULL,
    capacity  INTEGER     NOT NULL,
    taken     INTEGER     NOT NULL DEFAULT 0,
    CONSTRAINT delivery_windows_in_order CHECK (starts_at < ends_at AND cutoff_at < ends_at),
    CONSTRAINT delivery_windows_not_overbooked CHECK (taken BETWEEN 0 AND capacity),
    CONSTRAINT delivery_windows_unique UNIQUE (zone_id, starts_at, ends_at)
);
CREATE INDEX delivery_windows_by_cutoff ON delivery_windows (zone_id, cutoff_at);

-- What was promised about fee and terms, to whom, until when. Never changed.
CREATE TABLE quotes (
    id              UUID PRIMARY KEY,
    place_id        INTEGER     NOT NULL REFERENCES places (id),
    zone_id         INTEGER     NOT NULL REFERENCES zones (id),
    eircode         TEXT,
    fee_cents       BIGINT      NOT NULL CONSTRAINT quotes_fee_not_negative CHECK (fee_cents >= 0),
    free_from_cents BIGINT      NOT NULL,
    minimum_cents   BIGINT      NOT NULL,
    given_at        TIMESTAMPTZ NOT NULL,
    valid_until     TIMESTAMPTZ NOT NULL,
    CONSTRAINT quotes_valid_for_a_while CHECK (given_at < valid_until)
);
CREATE INDEX quotes_by_place ON quotes (place_id);
CREATE INDEX quotes_by_zone ON quotes (zone_id);
CREATE TRIGGER quotes_append_only BEFORE UPDATE OR DELETE ON quotes
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER quotes_never_emptied BEFORE TRUNCATE ON quotes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- People outside the area who want to hear when that changes.
CREATE TABLE place_wishes (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email    TEXT        NOT NULL,
    asked    TEXT        NOT NULL,
    made_at  TIMESTAMPTZ NOT NULL,
    CONSTRAINT place_wishes_once UNIQUE (email, asked)
);

CREATE TRIGGER zones_tell AFTER INSERT OR UPDATE OR DELETE ON zones
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('delivery');
CREATE TRIGGER places_tell AFTER INSERT OR UPDATE OR DELETE ON places
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('delivery');
CREATE TRIGGER window_templates_tell AFTER INSERT OR UPDATE OR DELETE ON window_templates
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('delivery');
