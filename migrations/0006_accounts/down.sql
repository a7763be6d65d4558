DROP TABLE throttles;
DROP TABLE outgoing_mail;
ALTER TABLE baskets DROP COLUMN customer_id;
DROP TABLE password_resets;
DROP TABLE sign_ups;
DROP TABLE customer_sessions;
DROP TABLE customers;
