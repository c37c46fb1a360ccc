-- Access: accounts, links that work once, sessions. Only hashes of what opens a door.

CREATE TABLE account (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'admin')),
    password TEXT,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE one_time_link (
    hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('sign_in', 'set_password')),
    expires_at BIGINT NOT NULL,
    UNIQUE (account_id, purpose)
) WITHOUT ROWID;

-- `idle_until` moves on with use, `ends_at` never does.
CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account (id),
    data TEXT NOT NULL,
    idle_until BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account_id);
