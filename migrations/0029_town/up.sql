-- The demonstration's town, one for all instances on this database. Work in hand: nothing of it is history.

-- What people do there by hand; what is not here goes by itself.
CREATE TABLE town_parts (
    part          TEXT PRIMARY KEY
                  CONSTRAINT town_parts_part_known CHECK (part IN ('picking', 'dispatch', 'riding')),
    by_hand_since TIMESTAMPTZ NOT NULL
);

-- What somebody has asked to go wrong, until it has.
CREATE TABLE town_troubles (
    order_id UUID        NOT NULL REFERENCES orders (id),
    kind     TEXT        NOT NULL
             CONSTRAINT town_troubles_kind_known CHECK (kind IN ('rider_stuck', 'item_missing', 'wrong_address')),
    made_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, kind)
);
