DELETE FROM throttles WHERE what = 'tell_back';
ALTER TABLE throttles DROP CONSTRAINT throttles_what_known;
ALTER TABLE throttles ADD CONSTRAINT throttles_what_known CHECK (what IN (
    'pay', 'add_card', 'hold_window', 'sign_up', 'sign_in', 'reset', 'order_lookup', 'coupon',
    'order_number_guess', 'order_code', 'at_door'));
DROP TABLE awaited;
