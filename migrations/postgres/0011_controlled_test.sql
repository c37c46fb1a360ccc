-- Controlled tests: who may be sent by hand, and what became of each sending.

CREATE TABLE test_person (
    ordinal BIGINT PRIMARY KEY REFERENCES person (ordinal) ON DELETE CASCADE,
    pinned_by TEXT NOT NULL,
    pinned_at BIGINT NOT NULL
);

-- A test's proofs are the moments at which Segment was first seen to count all its messages.
CREATE TABLE controlled_test (
    id UUID PRIMARY KEY,
    mapping_id UUID NOT NULL REFERENCES mapping (id),
    ordinal BIGINT NOT NULL REFERENCES person (ordinal) ON DELETE CASCADE,
    sent_by TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    mark TEXT NOT NULL,
    messages BIGINT NOT NULL,
    arrived_at BIGINT,
    forwarded_at BIGINT,
    looked_at BIGINT
);
CREATE INDEX controlled_test_by_mapping ON controlled_test (mapping_id, sent_at DESC);
CREATE INDEX controlled_test_by_person ON controlled_test (ordinal);
