DELETE FROM throttles WHERE what = 'hold_window';
ALTER TABLE throttles DROP CONSTRAINT throttles_what_known;
ALTER TABLE throttles ADD CONSTRAINT throttles_what_known CHECK (what IN (
    'pay', 'add_card', 'sign_up', 'sign_in', 'reset', 'order_lookup', 'coupon',
    'order_number_guess'));
