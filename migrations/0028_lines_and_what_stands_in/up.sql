-- What is to happen where a line has run out, where its customer wants it otherwise than for the whole order.
ALTER TABLE order_lines ADD COLUMN substitutions TEXT CONSTRAINT order_lines_substitutions_known
    CHECK (substitutions IN ('similar', 'ask', 'leave_out'));

-- Of a line that was only partly there, what stands in for the rest.
ALTER TABLE picks ADD COLUMN rest_product_id BIGINT REFERENCES products (id),
    ADD COLUMN rest_units INTEGER CONSTRAINT picks_rest_units_range CHECK (rest_units BETWEEN 1 AND 99),
    ADD COLUMN rest_grams BIGINT CONSTRAINT picks_rest_grams_positive CHECK (rest_grams > 0),
    ADD COLUMN rest_sum_cents BIGINT CONSTRAINT picks_rest_sum_not_negative CHECK (rest_sum_cents >= 0),
    ADD CONSTRAINT picks_rest_facts CHECK (
        (rest_product_id IS NULL) = (rest_units IS NULL) AND (rest_product_id IS NULL) = (rest_sum_cents IS NULL)
        AND (rest_grams IS NULL OR rest_product_id IS NOT NULL)
        AND (rest_product_id IS NULL OR (state = 'picked' AND rest_product_id <> product_id)));
CREATE INDEX picks_by_rest_product ON picks (rest_product_id) WHERE rest_product_id IS NOT NULL;
