-- The canary purchaser: which pinned test person it is, and its rounds.
CREATE TABLE canary (
    ordinal BIGINT PRIMARY KEY REFERENCES test_person (ordinal) ON DELETE CASCADE,
    chosen_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE canary_round (
    id BLOB PRIMARY KEY,
    ordinal BIGINT NOT NULL REFERENCES canary (ordinal) ON DELETE CASCADE,
    began_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    ended_at BIGINT,
    -- Keys of mappings: those that held it, and those that still do.
    stood TEXT NOT NULL,
    there TEXT NOT NULL
);
CREATE INDEX canary_round_by_time ON canary_round (began_at);
