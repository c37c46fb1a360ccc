-- Events as they came in; the body goes once it has been sent on.
CREATE TABLE event (
    origin TEXT NOT NULL CHECK (origin IN ('reporting', 'source')),
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    kept_at BIGINT NOT NULL,
    -- Its place among those kept at once.
    place BIGINT NOT NULL,
    body TEXT,
    -- Why Segment won't take it.
    refusal TEXT,
    PRIMARY KEY (origin, number)
);
CREATE INDEX event_to_forward ON event (kept_at, place) WHERE body IS NOT NULL AND refusal IS NULL;
CREATE INDEX event_by_time ON event (kept_at);

-- The newest call of an entrance, and the newest that was refused.
CREATE TABLE call (
    origin TEXT PRIMARY KEY CHECK (origin IN ('reporting', 'campaign', 'source')),
    taken_at BIGINT,
    refused_at BIGINT,
    refusal TEXT
);

-- Whom an event names whom a suppression keeps out for it, since the event.
CREATE TABLE held_name (
    kind TEXT NOT NULL CHECK (kind IN ('email', 'id', 'cio_id')),
    name TEXT NOT NULL,
    suppression_id UUID NOT NULL REFERENCES suppression (id),
    since BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (kind, name, suppression_id)
);
CREATE INDEX held_name_of_rule ON held_name (suppression_id, since);

-- Who is called so, and when that was noted.
CREATE TABLE held_person (
    ordinal BIGINT NOT NULL,
    suppression_id UUID NOT NULL REFERENCES suppression (id),
    since BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (ordinal, suppression_id)
);
CREATE INDEX held_person_of_rule ON held_person (suppression_id, since);
CREATE INDEX held_person_by_time ON held_person (noted_at);

-- The fast lane: exits that an event has ordered between two runs, with when it happened and
-- when it came in. What they come to is counted in a run of their own for each hour.
ALTER TABLE part ADD COLUMN fast BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE part ADD COLUMN caused_at BIGINT;
ALTER TABLE part ADD COLUMN received_at BIGINT;
ALTER TABLE run ADD COLUMN kind TEXT NOT NULL DEFAULT 'pass' CHECK (kind IN ('pass', 'events'));
CREATE INDEX part_by_cause ON part (caused_at) WHERE caused_at IS NOT NULL;
