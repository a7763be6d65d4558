DROP TABLE basket_lines;
DROP TABLE baskets;
