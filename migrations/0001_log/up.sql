-- What every other table leans on: refusing changes to what is written once,
-- telling the instances that something they may have cached has changed, and
-- the append-only log itself.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: write a new row instead', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;

-- Everything instances listen to goes through one channel; the payload says what changed.
CREATE FUNCTION tell_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', TG_ARGV[0]);
    RETURN NULL;
END $$;

-- Keys that sign cookies. Made once by the first process, shared by all instances.
CREATE TABLE secrets (
    name    TEXT PRIMARY KEY,
    value   BYTEA       NOT NULL CONSTRAINT secrets_long_enough CHECK (length(value) >= 32),
    made_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- What happened, in order, for ever. Written in the transaction that makes it true.
CREATE TABLE events (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       TEXT        NOT NULL CONSTRAINT events_topic_known CHECK (topic IN ('quote')),
    subject     UUID        NOT NULL,
    kind        TEXT        NOT NULL,
    detail      JSONB       NOT NULL,
    actor       TEXT        NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX events_by_subject ON events (subject, id);
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
