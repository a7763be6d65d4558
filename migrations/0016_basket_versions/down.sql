CREATE OR REPLACE FUNCTION tell_basket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', 'basket:' || coalesce(NEW.id, OLD.id));
    RETURN NULL;
END $$;
ALTER TABLE baskets DROP COLUMN version;
