DROP TABLE staff_sessions;
DROP TABLE staff_requests;
DROP TABLE staff_members;
