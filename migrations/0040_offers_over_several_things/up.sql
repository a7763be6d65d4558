-- An offer may count several lines together: then it is one line of the sums. Two may be called the same.
ALTER TABLE order_lines ADD COLUMN shared_offer_id BIGINT;
