-- Words of a carrier from which nothing follows: of those about one thing the newest stands for all that nobody has
-- taken note of.
ALTER TABLE carrier_words ADD COLUMN covered_at TIMESTAMPTZ;

UPDATE carrier_words w SET covered_at = now() WHERE decision = 'unknown_state' AND seen_at IS NULL
    AND EXISTS (SELECT FROM carrier_words n WHERE n.carrier = w.carrier AND n.reference = w.reference
        AND n.decision = 'unknown_state' AND n.seen_at IS NULL AND (n.received_at, n.id) > (w.received_at, w.id));

DROP INDEX carrier_words_to_see;
CREATE INDEX carrier_words_to_see ON carrier_words (received_at DESC, carrier, id)
    WHERE seen_at IS NULL AND covered_at IS NULL AND decision IN ('waiting', 'too_late', 'unknown_state', 'not_ours');
CREATE INDEX carrier_words_alike ON carrier_words (carrier, reference, received_at, id)
    WHERE decision = 'unknown_state' AND seen_at IS NULL;
CREATE INDEX carrier_words_done_with ON carrier_words (received_at, carrier, id)
    WHERE decision = 'unknown_state' AND (seen_at IS NOT NULL OR covered_at IS NOT NULL);
