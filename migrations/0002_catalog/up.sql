-- What is on the shelves, what it costs, and how many there are.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE departments (
    id         INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug       TEXT    NOT NULL CONSTRAINT departments_slug_unique UNIQUE,
    name       TEXT    NOT NULL CONSTRAINT departments_name_unique UNIQUE,
    short_name TEXT    NOT NULL,
    picture    TEXT    NOT NULL,
    position   INTEGER NOT NULL
);

CREATE TABLE categories (
    id            INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_id INTEGER NOT NULL REFERENCES departments (id),
    slug          TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    CONSTRAINT categories_slug_unique UNIQUE (department_id, slug)
);

CREATE TABLE products (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku            TEXT        NOT NULL CONSTRAINT products_sku_unique UNIQUE,
    slug           TEXT        NOT NULL CONSTRAINT products_slug_unique UNIQUE,
    name           TEXT        NOT NULL,
    brand          TEXT        NOT NULL,
    category_id    INTEGER     NOT NULL REFERENCES categories (id),
    kind           TEXT        NOT NULL,
    price_cents    BIGINT      NOT NULL CONSTRAINT products_price_range CHECK (price_cents BETWEEN 1 AND 10000000),
    sold_by        TEXT        NOT NULL DEFAULT 'each'
                   CONSTRAINT products_sold_by_known CHECK (sold_by IN ('each', 'weight')),
    per_kg_cents   BIGINT CONSTRAINT products_per_kg_positive CHECK (per_kg_cents > 0),
    over_percent   INTEGER CONSTRAINT products_over_percent_range CHECK (over_percent BETWEEN 0 AND 50),
    size_text      TEXT        NOT NULL,
    size_amount    BIGINT      NOT NULL CONSTRAINT products_size_positive CHECK (size_amount > 0),
    size_unit      TEXT        NOT NULL
                   CONSTRAINT products_size_unit_known CHECK (size_unit IN ('g', 'ml', 'each')),
    description    TEXT        NOT NULL,
    picture        TEXT        NOT NULL,
    picture_fit    TEXT        NOT NULL DEFAULT 'pack'
                   CONSTRAINT products_picture_fit_known CHECK (picture_fit IN ('pack', 'fresh')),
    ingredients    TEXT        NOT NULL,
    allergens      TEXT        NOT NULL,
    nutrition      JSONB       NOT NULL,
    vat_percent    INTEGER     NOT NULL CONSTRAINT products_vat_range CHECK (vat_percent BETWEEN 0 AND 50),
    minimum_age    INTEGER     NOT NULL DEFAULT 0
                   CONSTRAINT products_minimum_age_range CHECK (minimum_age BETWEEN 0 AND 25),
    storage        TEXT        NOT NULL
                   CONSTRAINT products_storage_known CHECK (storage IN ('ambient', 'chilled', 'frozen', 'fresh')),
    labels         TEXT        NOT NULL DEFAULT '',
    popularity     INTEGER     NOT NULL DEFAULT 0
                   CONSTRAINT products_popularity_range CHECK (popularity BETWEEN 0 AND 1000),
    demo           BOOLEAN     NOT NULL DEFAULT false,
    withdrawn_at   TIMESTAMPTZ,

    -- What is weighed has a price per kg and a margin; what is counted has neither.
    CONSTRAINT products_weighed_facts CHECK (
        (sold_by = 'weight') = (per_kg_cents IS NOT NULL) AND
        (sold_by = 'weight') = (over_percent IS NOT NULL) AND
        (sold_by = 'each' OR size_unit = 'g'))
);
CREATE INDEX products_by_category ON products (category_id, kind, popularity DESC, id);
CREATE INDEX products_by_popularity ON products (popularity DESC, id) WHERE withdrawn_at IS NULL;

-- Units in the warehouse, and how many of them are promised to someone.
CREATE TABLE stock (
    product_id BIGINT PRIMARY KEY REFERENCES products (id),
    on_hand    INTEGER NOT NULL DEFAULT 0 CONSTRAINT stock_on_hand_not_negative CHECK (on_hand >= 0),
    held       INTEGER NOT NULL DEFAULT 0,
    back_on    DATE,
    -- The shop never promises a unit twice, whatever the code above this line believes.
    CONSTRAINT stock_held_within_on_hand CHECK (held BETWEEN 0 AND on_hand)
);

CREATE TABLE offers (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code         TEXT        NOT NULL CONSTRAINT offers_code_unique UNIQUE,
    kind         TEXT        NOT NULL
                 CONSTRAINT offers_kind_known CHECK (kind IN ('percent', 'n_for', 'buy_n_save')),
    percent      INTEGER CONSTRAINT offers_percent_range CHECK (percent BETWEEN 1 AND 90),
    n            INTEGER CONSTRAINT offers_n_range CHECK (n BETWEEN 2 AND 20),
    amount_cents BIGINT CONSTRAINT offers_amount_positive CHECK (amount_cents > 0),
    label        TEXT        NOT NULL,
    starts_at    TIMESTAMPTZ NOT NULL,
    ends_at      TIMESTAMPTZ NOT NULL,
    CONSTRAINT offers_dates_in_order CHECK (starts_at < ends_at),
    CONSTRAINT offers_dates_unique UNIQUE (id, starts_at, ends_at),
    CONSTRAINT offers_terms CHECK (
        (kind = 'percent') = (percent IS NOT NULL) AND
        (kind <> 'percent') = (n IS NOT NULL) AND
        (kind <> 'percent') = (amount_cents IS NOT NULL))
);

-- The dates are the offer's own, carried along so that the database can refuse
-- a product two offers at one time.
CREATE TABLE offer_products (
    offer_id   BIGINT      NOT NULL,
    product_id BIGINT      NOT NULL REFERENCES products (id),
    starts_at  TIMESTAMPTZ NOT NULL,
    ends_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (product_id, offer_id),
    FOREIGN KEY (offer_id, starts_at, ends_at) REFERENCES offers (id, starts_at, ends_at)
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT offer_products_one_at_a_time
        EXCLUDE USING gist (product_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
);
CREATE INDEX offer_products_by_offer ON offer_products (offer_id, starts_at, ends_at);

-- Other words for what is in the catalogue.
CREATE TABLE synonyms (
    word  TEXT NOT NULL,
    means TEXT NOT NULL,
    PRIMARY KEY (word, means)
);

-- What a card says of the stock: sold out, the last few by number, or plenty.
CREATE FUNCTION stock_band(on_hand INTEGER, held INTEGER) RETURNS INTEGER
    LANGUAGE sql IMMUTABLE AS $$ SELECT least(on_hand - held, 6) $$;

CREATE FUNCTION tell_product_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', 'product:' || (to_jsonb(NEW) ->> TG_ARGV[0]));
    RETURN NULL;
END $$;
CREATE TRIGGER products_tell AFTER INSERT OR UPDATE ON products
    FOR EACH ROW EXECUTE FUNCTION tell_product_changed('id');
CREATE TRIGGER stock_tell_insert AFTER INSERT ON stock
    FOR EACH ROW EXECUTE FUNCTION tell_product_changed('product_id');
-- Only when the words on the pages change: an order of two out of ninety tells nobody.
CREATE TRIGGER stock_tell_update AFTER UPDATE ON stock FOR EACH ROW
    WHEN (stock_band(OLD.on_hand, OLD.held) <> stock_band(NEW.on_hand, NEW.held)
          OR OLD.back_on IS DISTINCT FROM NEW.back_on)
    EXECUTE FUNCTION tell_product_changed('product_id');

CREATE TRIGGER departments_tell AFTER INSERT OR UPDATE OR DELETE ON departments
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('catalog');
CREATE TRIGGER categories_tell AFTER INSERT OR UPDATE OR DELETE ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('catalog');
CREATE TRIGGER synonyms_tell AFTER INSERT OR UPDATE OR DELETE ON synonyms
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('catalog');
CREATE TRIGGER offers_tell AFTER INSERT OR UPDATE OR DELETE ON offers
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('offers');
CREATE TRIGGER offer_products_tell AFTER INSERT OR UPDATE OR DELETE ON offer_products
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed('offers');
