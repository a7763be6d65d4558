-- What stands on shelves is told by the log from here on. It begins with what stands there now:
-- facts about orders before this one changed shelves that it states already.
INSERT INTO events (topic, subject, kind, detail, actor, happened_at)
    SELECT 'stock', gen_random_uuid(), 'stock_set',
           jsonb_build_object('kind', 'stock_set', 'reason', 'stated when the log began to tell of shelves',
                              'products', jsonb_agg(jsonb_build_array(product_id, on_hand) ORDER BY product_id)),
           'system', now()
    FROM (SELECT product_id, on_hand, (row_number() OVER (ORDER BY product_id) - 1) / 1000 AS batch FROM stock) s
    GROUP BY batch ORDER BY batch;

CREATE INDEX events_about_shelves ON events (id) WHERE topic = 'stock';

-- Orders that were confirmed and were over before there was a warehouse: nobody picks them.
INSERT INTO fulfilments (order_id, state, due_at, window_starts_at, stopped_at)
    SELECT id, 'waiting', window_starts_at, window_starts_at, coalesce(completed_at, cancelled_at)
    FROM orders WHERE confirmed_at IS NOT NULL AND state IN ('completed', 'cancelled')
    ON CONFLICT (order_id) DO NOTHING;
