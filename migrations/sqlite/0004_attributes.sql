-- Attributes of people beyond what the membership page says.

-- What destinations name, as text, by the last reading.
CREATE TABLE person_field (
    ordinal BIGINT NOT NULL REFERENCES person (ordinal) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (ordinal, name)
) WITHOUT ROWID;

-- Of whom which attribute was read on which day since 1970, 65,536 ordinals a row. Whoever
-- comes into an audience is taken out, and so read again.
CREATE TABLE attribute_reading (
    name TEXT NOT NULL,
    day BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    people BLOB NOT NULL,
    PRIMARY KEY (name, day, chunk)
) WITHOUT ROWID;
