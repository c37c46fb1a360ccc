-- Changes of the configuration that wait for a second person, and what became of them.
CREATE TABLE proposal (
    id UUID PRIMARY KEY,
    author TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- What shall be, and what was when it was filed: JSON.
    edit TEXT NOT NULL,
    base TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn')),
    decided_by TEXT,
    decided_at BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX proposal_by_state ON proposal (state, at);
