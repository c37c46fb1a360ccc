-- Where a suppression holds, and suppressions whose people operators name. SQLite takes no check
-- off a table: it is copied.
CREATE TABLE suppression_with_list (
    id BLOB PRIMARY KEY,
    key TEXT NOT NULL,
    reason TEXT NOT NULL,
    audience_id BLOB REFERENCES audience (id),
    event TEXT,
    ttl BIGINT,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    owner TEXT,
    list BOOLEAN NOT NULL DEFAULT FALSE,
    -- Keys as JSON; none is everywhere.
    destinations TEXT NOT NULL DEFAULT '[]',
    CHECK ((audience_id IS NOT NULL) + (event IS NOT NULL) + list = 1)
);
INSERT INTO suppression_with_list
    (id, key, reason, audience_id, event, ttl, created_at, retired_at, owner)
    SELECT id, key, reason, audience_id, event, ttl, created_at, retired_at, owner FROM suppression;
DROP TABLE suppression;
ALTER TABLE suppression_with_list RENAME TO suppression;
CREATE UNIQUE INDEX suppression_key ON suppression (key) WHERE retired_at IS NULL;

-- People put on a list at once. A draft holds nobody.
CREATE TABLE listing (
    id BLOB PRIMARY KEY,
    suppression_id BLOB NOT NULL REFERENCES suppression (id),
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
    kind TEXT NOT NULL CHECK (kind IN ('email', 'id', 'cio_id')),
    name TEXT NOT NULL,
    listing_id BLOB NOT NULL REFERENCES listing (id),
    PRIMARY KEY (kind, name, listing_id)
) WITHOUT ROWID;
CREATE INDEX listed_name_of_listing ON listed_name (listing_id);

-- Who is called so, or was when it was put there.
CREATE TABLE listed_person (
    ordinal BIGINT NOT NULL,
    listing_id BLOB NOT NULL REFERENCES listing (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (ordinal, listing_id, kind, name)
) WITHOUT ROWID;
CREATE INDEX listed_person_of_listing ON listed_person (listing_id);
