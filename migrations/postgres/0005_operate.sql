-- What operators hold back: emergency stops, and dead letters that stay refused.

-- A stop in force, of everything or of one destination.
CREATE TABLE delivery_stop (
    id UUID PRIMARY KEY,
    destination_id UUID UNIQUE REFERENCES destination (id),
    everywhere BOOLEAN NOT NULL,
    stopped_by TEXT NOT NULL,
    stopped_at BIGINT NOT NULL,
    CHECK (everywhere = (destination_id IS NULL))
);
CREATE UNIQUE INDEX delivery_stop_everywhere ON delivery_stop (everywhere) WHERE everywhere;

-- A discarded letter stays refused and is no longer open.
ALTER TABLE dead_letter ADD COLUMN discarded_at BIGINT;
CREATE INDEX dead_letter_unresolved ON dead_letter (mapping_id) WHERE resolved_at IS NULL;
