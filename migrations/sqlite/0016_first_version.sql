-- Staged rollout: an audience goes to one destination first, and whoever answers for it signs off
-- that it was seen to work there before it goes to the next.

-- One a mapping; those that were withdrawn are in the audit trail. It holds for the audience, the
-- destination and the use case that were looked at.
CREATE TABLE sign_off (
    mapping_id BLOB PRIMARY KEY REFERENCES mapping (id),
    audience TEXT NOT NULL,
    destination TEXT NOT NULL,
    use_case TEXT NOT NULL,
    note TEXT NOT NULL,
    evidence TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL
) WITHOUT ROWID;

-- First steps: one row, from the moment at which somebody chose a goal. What is done of the steps
-- is never kept: it is read from what exists.
CREATE TABLE first_version (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    goal TEXT NOT NULL,
    begun_by TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    -- Whether the ceiling of a first version applies: it does where nothing flowed before.
    is_capped BOOLEAN NOT NULL,
    is_dismissed BOOLEAN NOT NULL,
    -- An admin has lifted the ceiling.
    lifted_reason TEXT,
    lifted_by TEXT,
    lifted_at BIGINT
);
