-- Where a suppression holds, and suppressions whose people operators name.
ALTER TABLE suppression
    ADD COLUMN list BOOLEAN NOT NULL DEFAULT FALSE,
    -- Keys as JSON; none is everywhere.
    ADD COLUMN destinations TEXT NOT NULL DEFAULT '[]',
    DROP CONSTRAINT suppression_check,
    ADD CONSTRAINT suppression_check CHECK (
        CAST(audience_id IS NOT NULL AS INTEGER) + CAST(event IS NOT NULL AS INTEGER)
            + CAST(list AS INTEGER) = 1
    );

-- People put on a list at once. A draft holds nobody.
CREATE TABLE listing (
    id UUID PRIMARY KEY,
    suppression_id UUID NOT NULL REFERENCES suppression (id),
    source TEXT NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    held_since BIGINT,
    ended_at BIGINT,
    repeated BIGINT NOT NULL,
    unreadable BIGINT NOT NULL,
    -- The first lines that could not be read, as JSON.
    unreadable_lines TEXT NOT NULL
);
CREATE INDEX listing_of_suppression ON listing (suppression_id, at);

-- Whom it names; a name that was taken off is gone.
CREATE TABLE listed_name (
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('email', 'id', 'cio_id')),
    name TEXT COLLATE "C" NOT NULL,
    listing_id UUID NOT NULL REFERENCES listing (id),
    PRIMARY KEY (kind, name, listing_id)
);
CREATE INDEX listed_name_of_listing ON listed_name (listing_id);

-- Who is called so, or was when it was put there.
CREATE TABLE listed_person (
    ordinal BIGINT NOT NULL,
    listing_id UUID NOT NULL REFERENCES listing (id),
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (ordinal, listing_id, kind, name)
);
CREATE INDEX listed_person_of_listing ON listed_person (listing_id);
