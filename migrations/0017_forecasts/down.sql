ALTER TABLE riders DROP COLUMN stands_since;
DROP INDEX orders_open;
DROP TABLE forecasts;
