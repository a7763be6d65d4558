-- Cash or card, chosen at the door itself, is told by the log from here on. Where another way was chosen
-- before, that is stated now.
INSERT INTO events (topic, subject, kind, detail, actor, happened_at)
    SELECT 'payment', a.order_id, 'door_method_chosen',
           jsonb_build_object('kind', 'door_method_chosen', 'attempt', a.id, 'method', a.method),
           'system', a.settled_at
    FROM payment_attempts a
    JOIN events s ON s.subject = a.order_id AND s.kind = 'payment_started' AND s.detail ->> 'attempt' = a.id::text
    WHERE a.method IN ('cash_at_door', 'card_at_door') AND a.settled_at IS NOT NULL
      AND s.detail ->> 'method' <> a.method
    ORDER BY a.settled_at, a.id;
