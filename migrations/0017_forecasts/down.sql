ALTER TABLE riders DROP COLUMN stands_since;
DROP INDEX orders_open;
DROP TABLE forecasts;
DROP FUNCTION tell_forecast();
