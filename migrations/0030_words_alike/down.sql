DROP INDEX carrier_words_done_with;
DROP INDEX carrier_words_alike;
DROP INDEX carrier_words_to_see;
ALTER TABLE carrier_words DROP COLUMN covered_at;
CREATE INDEX carrier_words_to_see ON carrier_words (received_at DESC, carrier, id)
    WHERE seen_at IS NULL AND decision IN ('waiting', 'too_late', 'unknown_state', 'not_ours');
