-- The whole way to one order as bare SQL: every row that the shop commits for an order paid at the door, of the
-- same size, in one transaction for each of the shop's own: a place, five lines, what is typed in three steps
-- with the window held, the order, its letter. pgbench runs it beside the shop, and `make bench` counts the rows
-- of both: they have to be as many. `:plain` and `:html` are a letter of the shop's.
\set product random(1, 500)
\set window random(1, 60)
SELECT gen_random_uuid() AS basket, gen_random_uuid() AS quote, gen_random_uuid() AS the_order,
       gen_random_uuid() AS attempt, gen_random_uuid() AS hold, gen_random_uuid() AS key,
       gen_random_uuid()::text AS number, left(gen_random_uuid()::text, 15) AS device \gset

BEGIN;
INSERT INTO quotes (id, place_id, zone_id, fee_cents, free_from_cents, minimum_cents, given_at, valid_until)
    SELECT :quote::uuid, p.id, p.zone_id, 390, 7000, 2500, now(), now() + interval '30 minutes' FROM places p WHERE zone_id IS NOT NULL ORDER BY id LIMIT 1;
INSERT INTO events (topic, subject, kind, detail, actor, happened_at) VALUES ('quote', :quote::uuid, 'quote_given', '{"kind": "quote_given", "place": "D06", "zone": "B", "fee": 390, "free_from": 7000, "minimum": 2500, "valid_until": "2026-12-01T00:00:00Z"}', 'customer', now());
COMMIT;
BEGIN;
INSERT INTO baskets (id, made_at, touched_at, quote_id, seen_fee_cents, seen_free_from_cents, seen_minimum_cents)
    VALUES (:basket::uuid, now(), now(), :quote::uuid, 390, 7000, 2500);
COMMIT;
BEGIN;
UPDATE baskets SET touched_at = now(), version = version + 1 WHERE id = :basket::uuid;
INSERT INTO basket_lines (basket_id, product_id, quantity, seen_price_cents, seen_quantity, added_at) VALUES (:basket::uuid, :product, 2, 900, 2, now());
COMMIT;
BEGIN;
UPDATE baskets SET touched_at = now(), version = version + 1 WHERE id = :basket::uuid;
INSERT INTO basket_lines (basket_id, product_id, quantity, seen_price_cents, seen_quantity, added_at) VALUES (:basket::uuid, :product + 1, 2, 900, 2, now());
COMMIT;
BEGIN;
UPDATE baskets SET touched_at = now(), version = version + 1 WHERE id = :basket::uuid;
INSERT INTO basket_lines (basket_id, product_id, quantity, seen_price_cents, seen_quantity, added_at) VALUES (:basket::uuid, :product + 2, 2, 900, 2, now());
COMMIT;
BEGIN;
UPDATE baskets SET touched_at = now(), version = version + 1 WHERE id = :basket::uuid;
INSERT INTO basket_lines (basket_id, product_id, quantity, seen_price_cents, seen_quantity, added_at) VALUES (:basket::uuid, :product + 3, 2, 900, 2, now());
COMMIT;
BEGIN;
UPDATE baskets SET touched_at = now(), version = version + 1 WHERE id = :basket::uuid;
INSERT INTO basket_lines (basket_id, product_id, quantity, seen_price_cents, seen_quantity, added_at) VALUES (:basket::uuid, :product + 4, 2, 900, 2, now());
COMMIT;
INSERT INTO checkout_drafts (basket_id, typed, submit_key, touched_at) VALUES (:basket::uuid, '{"rev": 1, "said": null, "sent": null, "typed": {"line": "", "name": "", "note": "", "email": "", "phone": "", "coupon": "", "window": "", "wishes": {}, "company": "", "eircode": "", "payment": {"way": "", "keep": false, "brand": "", "last4": "", "method": "", "wallet": "", "expires": ""}, "leave_at": "", "gate_code": "", "gift_note": "", "substitutions": "similar", "preferred_time": ""}, "of_age": false}', :key::uuid, now());
INSERT INTO throttles AS t (what, key, ends_at, hits) SELECT 'hold_window', :device::text || n, now() + interval '1 hour', 1 FROM generate_series(1, 4) n
    ON CONFLICT (what, key) DO UPDATE SET hits = t.hits + 1;
BEGIN;
SELECT version FROM baskets WHERE id = :basket::uuid FOR NO KEY UPDATE;
UPDATE checkout_drafts SET typed = '{"rev": 1, "said": null, "sent": null, "typed": {"line": "60 Leinster Road", "name": "Buyer 1", "note": "", "email": "buyer1@example.ie", "phone": "086 1234567", "coupon": "", "window": "120", "wishes": {}, "company": "", "eircode": "D06 X2Y3", "payment": {"way": "", "keep": false, "brand": "", "last4": "", "method": "", "wallet": "", "expires": ""}, "leave_at": "", "gate_code": "", "gift_note": "", "substitutions": "similar", "preferred_time": ""}, "of_age": false}', touched_at = now() WHERE basket_id = :basket::uuid;
UPDATE delivery_windows SET taken = taken + 1 WHERE id = (SELECT id FROM delivery_windows WHERE zone_id = 1 ORDER BY starts_at OFFSET :window LIMIT 1) AND taken < capacity;
INSERT INTO window_holds (id, window_id, basket_id, held_until) SELECT :hold::uuid, id, :basket::uuid, now() + interval '15 minutes' FROM delivery_windows WHERE zone_id = 1 ORDER BY starts_at OFFSET :window LIMIT 1;
COMMIT;
BEGIN;
SELECT version FROM baskets WHERE id = :basket::uuid FOR NO KEY UPDATE;
UPDATE checkout_drafts SET typed = '{"rev": 1, "said": null, "sent": null, "typed": {"line": "60 Leinster Road", "name": "Buyer 1", "note": "", "email": "buyer1@example.ie", "phone": "086 1234567", "coupon": "", "window": "120", "wishes": {}, "company": "", "eircode": "D06 X2Y3", "payment": {"way": "cash_at_door", "keep": false, "brand": "", "last4": "", "method": "", "wallet": "", "expires": ""}, "leave_at": "", "gate_code": "", "gift_note": "", "substitutions": "similar", "preferred_time": ""}, "of_age": false}', touched_at = now() WHERE basket_id = :basket::uuid;
COMMIT;
BEGIN;
UPDATE baskets SET touched_at = now(), version = version + 1 WHERE id = :basket::uuid;
SELECT product_id FROM stock WHERE product_id BETWEEN :product AND :product + 4 ORDER BY product_id FOR UPDATE;
INSERT INTO orders (id, number, basket_id, state, submit_key, fingerprint, quote_id, place_id, window_id, window_starts_at, window_ends_at,
        pay_by, substitutions, goods_cents, coupon_cents, fee_cents, fee_vat_percent, total_cents, maximum_cents, placed_at, confirmed_at)
    SELECT :the_order::uuid, :number::text, :basket::uuid, 'confirmed', :key::uuid, 'bench', q.id, q.place_id, h.window_id, now(), now() + interval '2 hours',
        'cash_at_door', 'similar', 9000, 0, 0, 23, 9000, 9000, now(), now() FROM quotes q, window_holds h WHERE q.id = :quote::uuid AND h.id = :hold::uuid;
INSERT INTO order_contacts (order_id, name, email, phone, line, town, eircode) VALUES (:the_order::uuid, 'Buyer 1', 'buyer1@example.ie', '+353861234567', '1 Leinster Road', 'Rathmines', 'D06 X2Y3');
INSERT INTO order_lines (order_id, position, product_id, sku, slug, name, brand, size_label, picture, picture_fit, quantity, unit_price_cents,
        full_cents, off_cents, coupon_cents, sum_cents, maximum_cents, sold_by, vat_percent, minimum_age)
    SELECT :the_order::uuid, row_number() OVER (ORDER BY id), id, sku, slug, name, brand, size_text, picture, picture_fit, 2, 900, 1800, 0, 0, 1800, 1800, 'each', vat_percent, 0
    FROM products WHERE id BETWEEN :product AND :product + 4;
INSERT INTO stock_holds (order_id, product_id, units) SELECT :the_order::uuid, product_id, 2 FROM stock WHERE product_id BETWEEN :product AND :product + 4;
UPDATE stock SET held = held + 2 WHERE product_id BETWEEN :product AND :product + 4 AND on_hand - held >= 2;
UPDATE window_holds SET basket_id = NULL, held_until = NULL, order_id = :the_order::uuid WHERE id = :hold::uuid;
INSERT INTO events (topic, subject, kind, detail, actor, happened_at) VALUES ('order', :the_order::uuid, 'order_placed', '{"fee": 0, "kind": "order_placed", "goods": 9000, "lines": [{"sku": "DE-MIL-001", "sum": 1800, "maximum": 1800, "product": 501, "quantity": 2}, {"sku": "DE-MIL-002", "sum": 1800, "maximum": 1800, "product": 502, "quantity": 2}, {"sku": "DE-MIL-003", "sum": 1800, "maximum": 1800, "product": 503, "quantity": 2}, {"sku": "DE-MIL-004", "sum": 1800, "maximum": 1800, "product": 504, "quantity": 2}, {"sku": "DE-MIL-005", "sum": 1800, "maximum": 1800, "product": 505, "quantity": 2}], "total": 9000, "coupon": 0, "number": "7K3M-9QX2", "pay_by": "cash_at_door", "window": 120, "maximum": 9000, "window_ends": "2026-12-01T06:00:00Z", "unpaid_until": "2026-12-01T20:48:01.394600Z", "window_starts": "2026-12-01T05:00:00Z"}', 'customer', now());
INSERT INTO promises (order_id, version, starts_at, ends_at, who, why, made_at) SELECT id, 1, window_starts_at, window_ends_at, 'customer', 'chosen at the checkout', now() FROM orders WHERE id = :the_order::uuid;
INSERT INTO payment_attempts (id, order_id, method, state, amount_cents, label, made_at) VALUES (:attempt::uuid, :the_order::uuid, 'cash_at_door', 'created', 9000, 'Cash at the door', now());
INSERT INTO events (topic, subject, kind, detail, actor, happened_at) VALUES ('payment', :the_order::uuid, 'payment_started', '{"kind": "payment_started", "label": "Cash at the door", "amount": 9000, "method": "cash_at_door", "attempt": "01a204e8-9634-7273-a555-c36322de5ae4", "standby": false}', 'customer', now());
INSERT INTO fulfilments (order_id, state, due_at, window_starts_at) VALUES (:the_order::uuid, 'waiting', now(), now());
WITH confirmed AS (INSERT INTO events (topic, subject, kind, detail, actor, happened_at) VALUES ('order', :the_order::uuid, 'order_confirmed', '{"kind": "order_confirmed"}', 'customer', now()) RETURNING id)
-- Due to nobody: a letter of an order that only looks like one would be work for the shop, now and in its own turn.
INSERT INTO outbox (event_id, consumer, due_at) SELECT id, 'notifications', now() + interval '10 years' FROM confirmed RETURNING id AS job \gset
DELETE FROM basket_lines WHERE basket_id = :basket::uuid;
UPDATE checkout_drafts SET submit_key = gen_random_uuid(), touched_at = now(), typed = '{"rev": 1, "said": null, "sent": {"key": "090dafb6-02d0-4330-9514-ef80725ae38d", "aged": false, "typed": {"line": "60 Leinster Road", "name": "Buyer 1", "note": "", "email": "buyer1@example.ie", "phone": "086 1234567", "coupon": "", "window": "120", "wishes": {}, "company": "", "eircode": "D06 X2Y3", "payment": {"way": "cash_at_door", "keep": false, "brand": "", "last4": "", "method": "", "wallet": "", "expires": ""}, "leave_at": "", "gate_code": "", "gift_note": "", "substitutions": "similar", "preferred_time": ""}, "number": "7K3M-9QX2"}, "typed": {"line": "60 Leinster Road", "name": "Buyer 1", "note": "", "email": "buyer1@example.ie", "phone": "086 1234567", "coupon": "", "window": "", "wishes": {}, "company": "", "eircode": "D06 X2Y3", "payment": {"way": "", "keep": false, "brand": "", "last4": "", "method": "", "wallet": "", "expires": ""}, "leave_at": "", "gate_code": "", "gift_note": "", "substitutions": "similar", "preferred_time": ""}, "of_age": false}' WHERE basket_id = :basket::uuid;
INSERT INTO throttles AS t (what, key, ends_at, hits)
    SELECT what, :device::text || n, now() + interval '1 hour', 1 FROM unnest(ARRAY['at_door', 'hold_window']) what, generate_series(1, 4) n
    ON CONFLICT (what, key) DO UPDATE SET hits = t.hits - 1;
COMMIT;
UPDATE outbox SET leased_until = now() + interval '5 minutes', tries = tries + 1 WHERE id = :job;
BEGIN;
INSERT INTO order_links (digest, order_id, made_at, ends_at) VALUES (sha256(:number::bytea), :the_order::uuid, now(), now() + interval '60 days');
INSERT INTO outgoing_mail (id, dedupe, to_address, subject, text, html, secret, made_at, due_at, order_id) VALUES (gen_random_uuid(), 'order ' || :the_order || ' event 320912 mail', 'buyer1@example.ie', 'Order 7K3M-9QX2 confirmed: Mon 23 Nov, 05:30-06:30', :plain::text, :html::text, true, now(), now() + interval '10 years', :the_order::uuid);
INSERT INTO events (topic, subject, kind, detail, actor, happened_at) VALUES ('message', :the_order::uuid, 'letter_written', '{"kind": "letter_written", "about": "confirmed", "letter": "01a204e8-965d-77ef-9252-982a9dfc7cd5"}', 'system', now());
UPDATE outbox SET done_at = now(), leased_until = NULL WHERE id = :job;
COMMIT;
