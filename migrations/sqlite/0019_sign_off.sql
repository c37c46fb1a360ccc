-- Who has tried a mapping end to end, and what was evident then.
CREATE TABLE sign_off (
    mapping_id BLOB PRIMARY KEY REFERENCES mapping (id),
    use_case TEXT NOT NULL,
    note TEXT NOT NULL,
    evidence TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL
);
