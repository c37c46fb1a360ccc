-- Which batches a part was told in: places from `first` to below `below` of its chunk. A row
-- for each answered claim, gone with its part.
CREATE TABLE answer (
    part_id UUID NOT NULL REFERENCES part (id) ON DELETE CASCADE,
    first BIGINT NOT NULL,
    below BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (part_id, first)
);
