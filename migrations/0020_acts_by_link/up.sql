-- Whoever comes by a link shows that they are the order's own before they change it; and says what was
-- wrong with it to somebody of the shop.

-- The browser that has typed the code holds a link of its own, which may act until then.
ALTER TABLE order_links ADD COLUMN may_act_until TIMESTAMPTZ;

-- The code that was last sent for a link: a keyed hash of it, few tries, a short life.
CREATE TABLE order_codes (
    link    BYTEA PRIMARY KEY REFERENCES order_links (digest) ON DELETE CASCADE,
    hash    TEXT        NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    tries   INTEGER     NOT NULL DEFAULT 0 CONSTRAINT order_codes_tries_range CHECK (tries BETWEEN 0 AND 5)
);
CREATE INDEX order_codes_by_end ON order_codes (ends_at);

-- Each code sent is a letter to somebody.
ALTER TABLE throttles DROP CONSTRAINT throttles_what_known;
ALTER TABLE throttles ADD CONSTRAINT throttles_what_known CHECK (what IN (
    'pay', 'add_card', 'hold_window', 'sign_up', 'sign_in', 'reset', 'order_lookup', 'coupon',
    'order_number_guess', 'order_code'));

-- A customer's word that something is not right, and what became of it. What they wrote is personal.
CREATE TABLE cases (
    id          UUID PRIMARY KEY,
    order_id    UUID        NOT NULL REFERENCES orders (id),
    kind        TEXT        NOT NULL CONSTRAINT cases_kind_known
                CHECK (kind IN ('missing', 'wrong', 'damaged', 'late', 'other')),
    words       TEXT        NOT NULL CONSTRAINT cases_words_short CHECK (length(words) <= 1000),
    -- The order's lines it is about, by position.
    positions   JSONB       NOT NULL,
    state       TEXT        NOT NULL CONSTRAINT cases_state_known
                CHECK (state IN ('open', 'taken', 'answered', 'closed')),
    staff_id    UUID REFERENCES staff_members (id),
    answer      TEXT        NOT NULL DEFAULT '' CONSTRAINT cases_answer_short CHECK (length(answer) <= 8000),
    opened_at   TIMESTAMPTZ NOT NULL,
    taken_at    TIMESTAMPTZ,
    answered_at TIMESTAMPTZ,
    closed_at   TIMESTAMPTZ,
    version     INTEGER     NOT NULL DEFAULT 1,
    CONSTRAINT cases_taken_facts CHECK (state = 'open' OR (staff_id IS NOT NULL AND taken_at IS NOT NULL)),
    CONSTRAINT cases_answered_facts CHECK ((answered_at IS NULL) = (answer = '') AND (state <> 'answered' OR answered_at IS NOT NULL)),
    CONSTRAINT cases_closed_facts CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX cases_by_order ON cases (order_id, opened_at);
CREATE INDEX cases_by_staff ON cases (staff_id);
-- The desk's list: what has waited longest at the top.
CREATE INDEX cases_to_do ON cases (opened_at, id) WHERE state <> 'closed';
CREATE INDEX cases_done ON cases (closed_at DESC, id DESC) WHERE state = 'closed';
