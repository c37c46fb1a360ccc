-- The main job: configuration, mirrors, runs, orders, delivery. Instants are microseconds.

CREATE TABLE installation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    key BLOB NOT NULL,
    number BIGINT NOT NULL,
    configuration_version BIGINT NOT NULL
);

-- Numbers that are never used twice.
CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO counter (name, value) VALUES ('ordinal', 0);

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE secret (
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    environment TEXT,
    sealed BLOB,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (name, position),
    CHECK ((environment IS NULL) <> (sealed IS NULL))
);

CREATE TABLE connection_test (
    vendor TEXT PRIMARY KEY CHECK (vendor IN ('customerio', 'twilio')),
    at BIGINT NOT NULL,
    ok BOOLEAN NOT NULL,
    message TEXT NOT NULL
);

CREATE TABLE source (
    id BLOB PRIMARY KEY,
    key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE UNIQUE INDEX source_key ON source (key) WHERE retired_at IS NULL;

CREATE TABLE destination (
    id BLOB PRIMARY KEY,
    key TEXT NOT NULL,
    profile TEXT NOT NULL,
    integration TEXT NOT NULL,
    fields TEXT NOT NULL,
    hash BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE UNIQUE INDEX destination_key ON destination (key) WHERE retired_at IS NULL;

CREATE TABLE audience (
    id BLOB PRIMARY KEY,
    key TEXT NOT NULL,
    segment BIGINT NOT NULL,
    owner TEXT,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    segment_name TEXT,
    members BIGINT NOT NULL DEFAULT 0,
    with_email BIGINT NOT NULL DEFAULT 0,
    with_id BIGINT NOT NULL DEFAULT 0,
    mirrored_at BIGINT,
    stale_reason TEXT,
    stale_at BIGINT,
    reading BIGINT
);
CREATE UNIQUE INDEX audience_key ON audience (key) WHERE retired_at IS NULL;

-- Members by the last whole reading, 65,536 ordinals a row.
CREATE TABLE audience_chunk (
    audience_id BLOB NOT NULL REFERENCES audience (id),
    chunk BIGINT NOT NULL,
    people BLOB NOT NULL,
    PRIMARY KEY (audience_id, chunk)
) WITHOUT ROWID;

-- Who was first seen in an audience by which reading; only where a suppression has a ttl.
CREATE TABLE cohort (
    audience_id BLOB NOT NULL REFERENCES audience (id),
    seen_at BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    people BLOB NOT NULL,
    PRIMARY KEY (audience_id, seen_at, chunk)
) WITHOUT ROWID;

CREATE TABLE suppression (
    id BLOB PRIMARY KEY,
    key TEXT NOT NULL,
    reason TEXT NOT NULL,
    audience_id BLOB REFERENCES audience (id),
    event TEXT,
    ttl BIGINT,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    CHECK ((audience_id IS NULL) <> (event IS NULL))
);
CREATE UNIQUE INDEX suppression_key ON suppression (key) WHERE retired_at IS NULL;

CREATE TABLE mapping (
    id BLOB PRIMARY KEY,
    key TEXT NOT NULL,
    audience_id BLOB NOT NULL REFERENCES audience (id),
    destination_id BLOB NOT NULL REFERENCES destination (id),
    use_case TEXT NOT NULL CHECK (use_case IN ('retarget', 'suppress', 'lookalike', 'analytics')),
    exclusivity_group TEXT,
    priority BIGINT NOT NULL,
    every BIGINT NOT NULL,
    holdout BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    generation BIGINT NOT NULL DEFAULT 0,
    next_run_at BIGINT,
    last_done_at BIGINT,
    members BIGINT NOT NULL DEFAULT 0,
    target BIGINT NOT NULL DEFAULT 0,
    delivered BIGINT NOT NULL DEFAULT 0,
    withheld TEXT NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX mapping_key ON mapping (key) WHERE retired_at IS NULL;

CREATE TABLE run_request (
    mapping_id BLOB PRIMARY KEY REFERENCES mapping (id),
    requested_by TEXT NOT NULL,
    requested_at BIGINT NOT NULL
);

-- The person dictionary. An ordinal is never used twice.
CREATE TABLE person (
    ordinal BIGINT PRIMARY KEY,
    cio_id TEXT NOT NULL UNIQUE,
    person_id TEXT,
    email TEXT,
    phone TEXT,
    learned_at BIGINT NOT NULL
);
CREATE INDEX person_by_id ON person (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX person_by_email ON person (email) WHERE email IS NOT NULL;

CREATE TABLE identifier_chunk (
    identifier TEXT NOT NULL CHECK (identifier IN ('email', 'phone', 'id')),
    chunk BIGINT NOT NULL,
    people BLOB NOT NULL,
    PRIMARY KEY (identifier, chunk)
) WITHOUT ROWID;

CREATE TABLE run (
    id BLOB PRIMARY KEY,
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    state TEXT NOT NULL CHECK (state IN ('mirroring', 'delivering', 'done', 'waiting', 'failed')),
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    fetched BIGINT NOT NULL DEFAULT 0,
    target BIGINT NOT NULL DEFAULT 0,
    entered BIGINT NOT NULL DEFAULT 0,
    exited BIGINT NOT NULL DEFAULT 0,
    withheld TEXT NOT NULL DEFAULT '{}',
    delivered BIGINT NOT NULL DEFAULT 0,
    dead BIGINT NOT NULL DEFAULT 0,
    generation BIGINT,
    error TEXT
);
CREATE INDEX run_by_mapping ON run (mapping_id, started_at DESC);
CREATE INDEX run_by_start ON run (started_at DESC);

-- What a run decided; its parts are the outbox.
CREATE TABLE sync_order (
    id BLOB PRIMARY KEY,
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    run_id BLOB NOT NULL REFERENCES run (id),
    generation BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    UNIQUE (mapping_id, generation)
);

-- Places below `acknowledged` were answered; places from there to `claimed` were sent, or
-- may have been; what lies above can still be replaced by a newer decision.
CREATE TABLE part (
    id BLOB PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES sync_order (id),
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    run_id BLOB NOT NULL,
    generation BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    lane BIGINT NOT NULL CHECK (lane BETWEEN 1 AND 3),
    chunk BIGINT NOT NULL,
    transition TEXT NOT NULL CHECK (transition IN ('entered', 'exited')),
    people BLOB NOT NULL,
    pending BIGINT NOT NULL,
    acknowledged BIGINT NOT NULL DEFAULT 0,
    claimed BIGINT NOT NULL DEFAULT 0,
    is_open BOOLEAN NOT NULL,
    folded BOOLEAN NOT NULL DEFAULT FALSE,
    CHECK (acknowledged <= claimed)
);
CREATE INDEX part_open ON part (mapping_id, lane) WHERE is_open;
CREATE INDEX part_unfolded ON part (mapping_id, generation) WHERE NOT folded;
CREATE INDEX part_by_chunk ON part (mapping_id, chunk, generation);

-- Who is at the destination by closed parts that were folded in.
CREATE TABLE delivered_chunk (
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    chunk BIGINT NOT NULL,
    people BLOB NOT NULL,
    PRIMARY KEY (mapping_id, chunk)
) WITHOUT ROWID;

CREATE TABLE withheld_chunk (
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    cause TEXT NOT NULL,
    chunk BIGINT NOT NULL,
    people BLOB NOT NULL,
    PRIMARY KEY (mapping_id, cause, chunk)
) WITHOUT ROWID;

CREATE TABLE dead_letter (
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    ordinal BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    transition TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    resolved_at BIGINT,
    PRIMARY KEY (mapping_id, ordinal, generation)
) WITHOUT ROWID;

-- The right to work on something. A raised epoch fences the former holder.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE audit (
    id BLOB PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at DESC);
