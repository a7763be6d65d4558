-- What someone means to buy, and where they live. Owned by whoever holds the signed token.

CREATE TABLE baskets (
    id         UUID PRIMARY KEY,
    quote_id   UUID REFERENCES quotes (id),
    -- The terms the shopper last saw, so that others can be told with old and new.
    seen_fee_cents       BIGINT,
    seen_free_from_cents BIGINT,
    seen_minimum_cents   BIGINT,
    made_at    TIMESTAMPTZ NOT NULL,
    touched_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX baskets_by_quote ON baskets (quote_id);

CREATE TABLE basket_lines (
    basket_id        UUID        NOT NULL REFERENCES baskets (id) ON DELETE CASCADE,
    product_id       BIGINT      NOT NULL REFERENCES products (id),
    quantity         INTEGER     NOT NULL CONSTRAINT basket_lines_quantity_range CHECK (quantity BETWEEN 1 AND 99),
    -- What the shopper last saw, so that a change can be told by name with old and new.
    seen_price_cents BIGINT      NOT NULL,
    seen_quantity    INTEGER     NOT NULL,
    seen_offer_id    BIGINT REFERENCES offers (id) ON DELETE SET NULL,
    added_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (basket_id, product_id)
);
CREATE INDEX basket_lines_by_product ON basket_lines (product_id);
CREATE INDEX basket_lines_by_seen_offer ON basket_lines (seen_offer_id) WHERE seen_offer_id IS NOT NULL;

-- Every change of a basket holds its row first, so this tells of its lines too.
CREATE FUNCTION tell_basket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', 'basket:' || coalesce(NEW.id, OLD.id));
    RETURN NULL;
END $$;
CREATE TRIGGER baskets_tell AFTER INSERT OR UPDATE OR DELETE ON baskets
    FOR EACH ROW EXECUTE FUNCTION tell_basket_changed();
