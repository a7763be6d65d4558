DROP TABLE basket_lines;
DROP TABLE baskets;
DROP FUNCTION tell_basket_changed();
