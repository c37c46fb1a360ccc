-- What waits for a decision, and whether the webhook was told.
CREATE TABLE notice (
    -- What it is, such as `change 0193...`: the same as long as it waits.
    subject TEXT PRIMARY KEY,
    words TEXT NOT NULL,
    page TEXT NOT NULL,
    since BIGINT NOT NULL,
    told_at BIGINT,
    ended_at BIGINT,
    tried_at BIGINT,
    failures BIGINT NOT NULL,
    failure TEXT
);
CREATE INDEX notice_by_time ON notice (since);
