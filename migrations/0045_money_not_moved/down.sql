DROP INDEX captures_failed;
DROP INDEX refunds_failed;
ALTER TABLE refunds DROP COLUMN again_of;
