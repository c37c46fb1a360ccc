-- What moved and what came in, counted by the minute, the hour and the day in the transaction
-- that made it true. `at` is when the minute, hour or day begins.

-- Of a mapping: how many, in the bucket of how long it took. See domain::monitoring::latency.
CREATE TABLE mapping_rollup (
    level TEXT NOT NULL CHECK (level IN ('minute', 'hour', 'day')),
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    at BIGINT NOT NULL,
    what TEXT NOT NULL
        CHECK (what IN ('entered', 'exited', 'left', 'entry_refused', 'exit_refused')),
    bucket BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (level, mapping_id, at, what, bucket)
) WITHOUT ROWID;

-- Of events: how many of each name came in, and whether they were as agreed.
CREATE TABLE event_rollup (
    level TEXT NOT NULL CHECK (level IN ('minute', 'hour', 'day')),
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('passed', 'quarantined')),
    count BIGINT NOT NULL,
    PRIMARY KEY (level, at, name, verdict)
) WITHOUT ROWID;
