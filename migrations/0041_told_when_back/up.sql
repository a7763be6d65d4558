-- Who wants to hear, once, when something that is sold out is back. The address is for that letter alone, and
-- goes soon after it, or ninety days after nothing came.
CREATE TABLE awaited (
    id         UUID PRIMARY KEY,
    product_id BIGINT      NOT NULL REFERENCES products (id),
    address    TEXT        NOT NULL CONSTRAINT awaited_address_length CHECK (length(address) BETWEEN 3 AND 254),
    asked_at   TIMESTAMPTZ NOT NULL,
    told_at    TIMESTAMPTZ
);
-- Asking twice is asking once. The worker walks along it, too.
CREATE UNIQUE INDEX awaited_once ON awaited (product_id, address) WHERE told_at IS NULL;
CREATE INDEX awaited_by_asked ON awaited (asked_at);
CREATE INDEX awaited_by_told ON awaited (told_at) WHERE told_at IS NOT NULL;

-- Each is a letter to somebody, so asking is limited.
ALTER TABLE throttles DROP CONSTRAINT throttles_what_known;
ALTER TABLE throttles ADD CONSTRAINT throttles_what_known CHECK (what IN (
    'pay', 'add_card', 'hold_window', 'sign_up', 'sign_in', 'reset', 'order_lookup', 'coupon',
    'order_number_guess', 'order_code', 'at_door', 'tell_back'));
