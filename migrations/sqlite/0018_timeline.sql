-- What an audience's people are sent in Customer.io, as somebody states it; messages as JSON.
CREATE TABLE flow (
    id BLOB PRIMARY KEY,
    key TEXT NOT NULL,
    audience_id BLOB NOT NULL REFERENCES audience (id),
    touches TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE UNIQUE INDEX flow_key ON flow (key) WHERE retired_at IS NULL;

-- Where ads and messages meet on purpose. No mapping or message is an empty text.
CREATE TABLE stacking (
    rule TEXT NOT NULL,
    mapping TEXT NOT NULL,
    touch TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (rule, mapping, touch)
);
