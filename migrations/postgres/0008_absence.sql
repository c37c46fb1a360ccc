-- What lets go of people who stand nowhere, and of values that no destination names.

-- Who stands nowhere, by the day since 1970 on which that was first seen, 65,536 ordinals a row.
CREATE TABLE absent_chunk (
    day BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    people BYTEA NOT NULL,
    PRIMARY KEY (day, chunk)
);
CREATE INDEX absent_by_chunk ON absent_chunk (chunk);

-- Numbers of people who were forgotten: they are never given again.
CREATE TABLE tombstone_chunk (
    chunk BIGINT PRIMARY KEY,
    people BYTEA NOT NULL
);

CREATE INDEX person_field_by_name ON person_field (name);

-- What a closed part sent is not sent again.
UPDATE part SET rendered = NULL WHERE rendered IS NOT NULL AND NOT is_open;

-- Of those who entered, how many were there already: for a resync, a further name, a changed value.
ALTER TABLE run ADD COLUMN repeated BIGINT NOT NULL DEFAULT 0;

-- People whom somebody has asked to forget: members of nothing from then on, and without a name
-- once they are nowhere.
CREATE TABLE forgetting (
    ordinal BIGINT PRIMARY KEY REFERENCES person (ordinal) ON DELETE CASCADE,
    asked_at BIGINT NOT NULL,
    erased_at BIGINT
);
