-- Vendors that can't be used now, as the processes that work tell it again and again: what
-- wasn't told for a minute is over, or whoever told it has ended.

CREATE TABLE outage (
    vendor TEXT PRIMARY KEY CHECK (vendor IN ('customerio', 'twilio')),
    trouble TEXT NOT NULL CHECK (trouble IN ('down', 'key_refused')),
    since BIGINT NOT NULL,
    reason TEXT NOT NULL,
    next_try_at BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    -- Somebody wants a try at once.
    try_wanted BOOLEAN NOT NULL DEFAULT FALSE
);
