DROP TABLE events;
DROP TABLE secrets;
DROP FUNCTION tell_changed();
DROP FUNCTION refuse_change();
