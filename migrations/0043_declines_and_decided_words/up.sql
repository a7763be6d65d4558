-- Cards that were declined are counted by address, too: whoever tries one after the other has many.
ALTER TABLE throttles DROP CONSTRAINT throttles_what_known;
ALTER TABLE throttles ADD CONSTRAINT throttles_what_known CHECK (what IN (
    'pay', 'add_card', 'hold_window', 'sign_up', 'sign_in', 'reset', 'order_lookup', 'coupon',
    'order_number_guess', 'order_code', 'at_door', 'tell_back', 'decline'));

-- The gateway's words are let go some time after they were decided.
CREATE INDEX gateway_events_decided ON gateway_events (decided_at) WHERE decided_at IS NOT NULL;
