-- When the segment was last changed in Customer.io, as of the newest whole reading.
ALTER TABLE audience ADD COLUMN segment_changed_at BIGINT;
