-- Everybody in the folded parts of a chunk from one generation to another, so that one person's
-- history is found without reading every part. Empty bytes are everybody.
CREATE TABLE folded_span (
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    chunk BIGINT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    folds BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    people BLOB NOT NULL,
    PRIMARY KEY (mapping_id, chunk, first)
) WITHOUT ROWID;
CREATE INDEX folded_span_by_time ON folded_span (decided_at);
