-- What named an audience's members on a day, as it was counted last that day.
CREATE TABLE coverage_day (
    audience_id UUID NOT NULL REFERENCES audience (id),
    day TEXT COLLATE "C" NOT NULL,
    members BIGINT NOT NULL,
    contact BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (audience_id, day)
);
CREATE INDEX coverage_by_time ON coverage_day (counted_at);

-- What was done to one thing, the newest first.
CREATE INDEX audit_by_subject ON audit (subject, at DESC);
