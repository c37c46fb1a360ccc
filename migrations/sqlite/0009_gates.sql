-- What must hold before a mapping starts, and who goes through all the same.

-- How long ago an audience's people did what brought them in, such as 4h or 60d-120d.
ALTER TABLE audience ADD COLUMN time_window TEXT;

-- Overrides that hold; those that were withdrawn are in the audit trail. Gates grow with the
-- product: their names stand in no CHECK.
CREATE TABLE gate_override (
    mapping_id BLOB NOT NULL REFERENCES mapping (id),
    gate TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (mapping_id, gate)
) WITHOUT ROWID;
