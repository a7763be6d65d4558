-- Customers and how they prove who they are; letters to be sent; and how often one may try.

CREATE TABLE customers (
    id               UUID PRIMARY KEY,
    -- Always in small letters, so that one mailbox is one account.
    email            TEXT        NOT NULL CONSTRAINT customers_email_unique UNIQUE
                     CONSTRAINT customers_email_small CHECK (email = lower(email)),
    name             TEXT,
    phone            TEXT,
    line             TEXT,
    town             TEXT,
    eircode          TEXT,
    -- Argon2id, as a PHC string.
    password_hash    TEXT        NOT NULL,
    -- Who they are to the payment gateway, once they have kept a card there.
    gateway_customer TEXT CONSTRAINT customers_gateway_customer_unique UNIQUE,
    made_at          TIMESTAMPTZ NOT NULL
);

-- Of tokens only the hash is kept: who reads this table can become nobody.
CREATE TABLE customer_sessions (
    token_hash  BYTEA PRIMARY KEY CONSTRAINT customer_sessions_hash_length CHECK (length(token_hash) = 32),
    customer_id UUID        NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    made_at     TIMESTAMPTZ NOT NULL,
    seen_at     TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX customer_sessions_by_customer ON customer_sessions (customer_id);
CREATE INDEX customer_sessions_by_end ON customer_sessions (ends_at);

-- What somebody asked for; an account once they have opened the letter that was sent there.
CREATE TABLE sign_ups (
    token_hash    BYTEA PRIMARY KEY CONSTRAINT sign_ups_hash_length CHECK (length(token_hash) = 32),
    email         TEXT        NOT NULL CONSTRAINT sign_ups_email_small CHECK (email = lower(email)),
    name          TEXT,
    phone         TEXT,
    line          TEXT,
    town          TEXT,
    eircode       TEXT,
    password_hash TEXT        NOT NULL,
    -- The browser that asked.
    device        UUID        NOT NULL,
    made_at       TIMESTAMPTZ NOT NULL,
    ends_at       TIMESTAMPTZ NOT NULL
);
CREATE INDEX sign_ups_by_email ON sign_ups (email);
CREATE INDEX sign_ups_by_end ON sign_ups (ends_at);

CREATE TABLE password_resets (
    token_hash  BYTEA PRIMARY KEY CONSTRAINT password_resets_hash_length CHECK (length(token_hash) = 32),
    customer_id UUID        NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    made_at     TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ
);
CREATE INDEX password_resets_by_customer ON password_resets (customer_id);
CREATE INDEX password_resets_by_end ON password_resets (ends_at);

-- The one basket of an account, whichever browser it is opened in.
ALTER TABLE baskets ADD COLUMN customer_id UUID CONSTRAINT baskets_one_per_customer UNIQUE
    REFERENCES customers (id) ON DELETE SET NULL;

-- Letters on their way. Written in the transaction that gives cause for them, sent after it.
CREATE TABLE outgoing_mail (
    id           UUID PRIMARY KEY,
    -- What the letter is about and to whom; the same twice is one letter.
    dedupe       TEXT        NOT NULL CONSTRAINT outgoing_mail_once UNIQUE,
    to_address   TEXT        NOT NULL,
    subject      TEXT        NOT NULL,
    text         TEXT        NOT NULL,
    html         TEXT        NOT NULL,
    -- Holds a key to something: its words are forgotten once it has left.
    secret       BOOLEAN     NOT NULL,
    made_at      TIMESTAMPTZ NOT NULL,
    due_at       TIMESTAMPTZ NOT NULL,
    tries        INTEGER     NOT NULL DEFAULT 0,
    -- Somebody is sending it; after this time somebody else may.
    leased_until TIMESTAMPTZ,
    sent_at      TIMESTAMPTZ,
    -- Why it was given up.
    failed       TEXT,
    CONSTRAINT outgoing_mail_one_end CHECK (sent_at IS NULL OR failed IS NULL)
);
CREATE INDEX outgoing_mail_due ON outgoing_mail (due_at) WHERE sent_at IS NULL AND failed IS NULL;
CREATE INDEX outgoing_mail_failed ON outgoing_mail (made_at) WHERE failed IS NOT NULL;
CREATE INDEX outgoing_mail_sent ON outgoing_mail (sent_at) WHERE sent_at IS NOT NULL;

-- How often something was tried. `key` is a keyed hash: no address or mail stands here.
CREATE TABLE throttles (
    what    TEXT        NOT NULL CONSTRAINT throttles_what_known CHECK (what IN (
                     'pay', 'add_card', 'sign_up', 'sign_in', 'reset', 'order_lookup', 'coupon',
                     'order_number_guess')),
    key     TEXT        NOT NULL,
    -- When this window is over: the next try begins another.
    ends_at TIMESTAMPTZ NOT NULL,
    hits    INTEGER     NOT NULL CONSTRAINT throttles_hits_not_negative CHECK (hits >= 0),
    PRIMARY KEY (what, key)
);
CREATE INDEX throttles_by_end ON throttles (ends_at);
