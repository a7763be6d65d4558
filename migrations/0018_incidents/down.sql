DROP INDEX fulfilments_one_in_a_crate;
ALTER TABLE fulfilments DROP COLUMN crate_no;
DROP TABLE incident_orders;
DROP INDEX delivery_windows_closed;
ALTER TABLE delivery_windows DROP COLUMN closed_by;
DROP TABLE incidents;
