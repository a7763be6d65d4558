ALTER TABLE order_lines DROP COLUMN shared_offer_id;
