-- Tries that came to nothing wait on the dispatcher's board for somebody to decide about the next one.
CREATE INDEX drops_failed ON drops (ended_at DESC, id) WHERE state = 'failed';
