-- Each change of a basket gives it a new version, so that one kept in memory is known to be true or
-- old by a single number, and whoever has made a change does not forget what they know of it.
ALTER TABLE baskets ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

CREATE OR REPLACE FUNCTION tell_basket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', 'basket:' || coalesce(NEW.id, OLD.id) || ':' || coalesce(NEW.version, OLD.version + 1));
    RETURN NULL;
END $$;
