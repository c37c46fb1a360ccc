-- Changes of the contract as people propose them.
CREATE TABLE change_request (
    id BLOB PRIMARY KEY,
    title TEXT NOT NULL,
    -- The version that it was made from; 0 where there was none.
    base BIGINT NOT NULL,
    contract TEXT NOT NULL,
    author TEXT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'open', 'approved', 'rejected', 'withdrawn')),
    decided_by TEXT,
    decided_at BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX change_request_by_time ON change_request (at);

-- What was approved; the newest is in force.
CREATE TABLE contract_version (
    number BIGINT PRIMARY KEY,
    request_id BLOB NOT NULL REFERENCES change_request (id),
    contract TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- Whoever approves holds it.
INSERT INTO counter (name, value) VALUES ('contract', 0);

-- Events that aren't as agreed stay here, with their bodies, until somebody lets them go on or
-- a version does.
ALTER TABLE event ADD COLUMN violation TEXT;
ALTER TABLE event ADD COLUMN checked_by BIGINT NOT NULL DEFAULT 0;
-- Under which name it came in, where it was renamed.
ALTER TABLE event ADD COLUMN sent_as TEXT;
DROP INDEX event_to_forward;
CREATE INDEX event_to_forward ON event (kept_at, place)
    WHERE body IS NOT NULL AND refusal IS NULL AND violation IS NULL;
CREATE INDEX event_in_quarantine ON event (kept_at, place)
    WHERE body IS NOT NULL AND violation IS NOT NULL;
