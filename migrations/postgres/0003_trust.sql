-- What makes delivery provable when people, destinations and answers change: how somebody is
-- named where they are, of whom nobody knows, and what waits for an operator.

-- People who are named at a mapping's destination otherwise than the dictionary names them
-- now. Few: a row lives from the change of an identifier to the exit under the former one.
CREATE TABLE named_as (
    mapping_id UUID NOT NULL REFERENCES mapping (id),
    ordinal BIGINT NOT NULL,
    person_id TEXT COLLATE "C",
    email TEXT COLLATE "C",
    phone TEXT COLLATE "C",
    -- Identifiers that its claimed exit leaves out, because another person there has them.
    without TEXT,
    PRIMARY KEY (mapping_id, ordinal)
);
-- Raised whenever somebody's identifiers change: a batch that was rendered before isn't claimed.
INSERT INTO counter (name, value) VALUES ('identifiers', 0);
CREATE INDEX person_by_phone ON person (phone) WHERE phone IS NOT NULL;

-- People of whom nobody knows whether they are there: a range that was too old to be sent
-- again, or a resync. Their next answer takes them out.
CREATE TABLE doubt_chunk (
    mapping_id UUID NOT NULL REFERENCES mapping (id),
    chunk BIGINT NOT NULL,
    people BYTEA NOT NULL,
    PRIMARY KEY (mapping_id, chunk)
);

-- When the newest claim was made.
ALTER TABLE part ADD COLUMN claimed_at BIGINT;
UPDATE part SET claimed_at = decided_at WHERE acknowledged < claimed;
-- What the newest claim sent, where messages carry more than identifiers: it is sent again as it was.
ALTER TABLE part ADD COLUMN rendered BYTEA;
-- Some of its people stand already where it brings them: counting needs a closer look.
ALTER TABLE part ADD COLUMN repeats BOOLEAN NOT NULL DEFAULT FALSE;

-- Under which names an order's messages go: destination and audience as they were decided.
ALTER TABLE sync_order ADD COLUMN route TEXT;
-- Under which names the mapping's people are there.
ALTER TABLE mapping ADD COLUMN route TEXT;

-- Retired, and those who are there have not left yet.
ALTER TABLE mapping ADD COLUMN owes_exits BOOLEAN NOT NULL DEFAULT FALSE;
-- The next order takes those who should be there for those who are.
ALTER TABLE mapping ADD COLUMN adopts BOOLEAN NOT NULL DEFAULT FALSE;
-- What an operator released: the next order may change so many.
ALTER TABLE mapping ADD COLUMN released_entered BIGINT;
ALTER TABLE mapping ADD COLUMN released_exited BIGINT;

-- What a waiting run holds back, and how many were present when it did.
ALTER TABLE run ADD COLUMN held_entered BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN held_exited BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN present BIGINT NOT NULL DEFAULT 0;

-- A suppression's audience that shrank abnormally: how many the reading had, and how many an
-- operator accepts.
ALTER TABLE audience ADD COLUMN shrunk_to BIGINT;
ALTER TABLE audience ADD COLUMN accepts_down_to BIGINT;
