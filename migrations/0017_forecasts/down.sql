ALTER TABLE riders DROP COLUMN stands_since;
DROP INDEX stock_movements_of_empty_shelves;
DROP INDEX orders_open;
DROP TABLE forecasts;
