-- How long an entry is held after its person came into the audience, and how long whoever left
-- the destination stays out, in microseconds.
ALTER TABLE mapping ADD COLUMN hold_for BIGINT;
ALTER TABLE mapping ADD COLUMN stay_out BIGINT;

-- Who was ordered out by which decision; only where a mapping has a time to stay out.
CREATE TABLE departure (
    mapping_id UUID NOT NULL REFERENCES mapping (id),
    left_at BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    people BYTEA NOT NULL,
    PRIMARY KEY (mapping_id, left_at, chunk)
);
