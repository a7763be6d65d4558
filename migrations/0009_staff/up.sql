-- Who works here, what they may open, and where they are signed in.

CREATE TABLE staff_members (
    id            UUID PRIMARY KEY,
    -- Always in small letters, so that one mailbox is one person.
    email         TEXT        NOT NULL CONSTRAINT staff_members_email_unique UNIQUE
                  CONSTRAINT staff_members_email_small CHECK (email = lower(email)),
    name          TEXT        NOT NULL,
    -- Argon2id, as a PHC string.
    password_hash TEXT        NOT NULL,
    -- Who has only asked is no member: they lie in staff_requests until they open their letter.
    state         TEXT        NOT NULL CONSTRAINT staff_members_state_known CHECK (state IN (
                  'verified', 'active', 'ended')),
    role          TEXT CONSTRAINT staff_members_role_known CHECK (role IN (
                  'admin', 'support', 'warehouse', 'dispatch', 'rider', 'manager')),
    -- Grows with each change, so that two admins do not overwrite each other.
    version       INTEGER     NOT NULL DEFAULT 1,
    made_at       TIMESTAMPTZ NOT NULL,
    -- The last decision about their access, and whose it was; nobody's for the command line.
    decided_at    TIMESTAMPTZ,
    decided_by    UUID REFERENCES staff_members (id),
    -- Nobody opens anything before somebody has said what.
    CONSTRAINT staff_members_role_once_decided CHECK ((role IS NULL) = (state = 'verified'))
);
CREATE INDEX staff_members_by_name ON staff_members (lower(name), id);
CREATE INDEX staff_members_waiting ON staff_members (made_at) WHERE state = 'verified';
CREATE INDEX staff_members_by_decider ON staff_members (decided_by);

-- Who asked for access and has not opened the letter yet. Of its key only the hash.
CREATE TABLE staff_requests (
    token_hash    BYTEA PRIMARY KEY CONSTRAINT staff_requests_hash_length CHECK (length(token_hash) = 32),
    email         TEXT        NOT NULL CONSTRAINT staff_requests_email_small CHECK (email = lower(email)),
    name          TEXT        NOT NULL,
    password_hash TEXT        NOT NULL,
    -- The browser that asked.
    device        UUID        NOT NULL,
    made_at       TIMESTAMPTZ NOT NULL,
    ends_at       TIMESTAMPTZ NOT NULL
);
CREATE INDEX staff_requests_by_email ON staff_requests (email);
CREATE INDEX staff_requests_by_end ON staff_requests (ends_at);

CREATE TABLE staff_sessions (
    -- By which it is ended from a list; it opens nothing.
    id       UUID PRIMARY KEY,
    -- Of the cookie's key only the hash: who reads this table can become nobody.
    digest   BYTEA       NOT NULL CONSTRAINT staff_sessions_digest_unique UNIQUE
             CONSTRAINT staff_sessions_digest_length CHECK (length(digest) = 32),
    staff_id UUID        NOT NULL REFERENCES staff_members (id) ON DELETE CASCADE,
    -- What the browser calls itself, and the neighbourhood of its address: enough to know one's own.
    browser  TEXT        NOT NULL,
    network  TEXT        NOT NULL,
    made_at  TIMESTAMPTZ NOT NULL,
    seen_at  TIMESTAMPTZ NOT NULL,
    ends_at  TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);
CREATE INDEX staff_sessions_by_member ON staff_sessions (staff_id, made_at);
CREATE INDEX staff_sessions_by_end ON staff_sessions (ends_at);
