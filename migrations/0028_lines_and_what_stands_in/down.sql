ALTER TABLE picks DROP COLUMN rest_product_id, DROP COLUMN rest_units, DROP COLUMN rest_grams,
    DROP COLUMN rest_sum_cents;
ALTER TABLE order_lines DROP COLUMN substitutions;
