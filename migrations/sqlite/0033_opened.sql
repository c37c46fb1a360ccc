-- Since when a change waits for somebody; of those that waited before this was kept, when they were begun counts.
ALTER TABLE change_request ADD COLUMN opened_at BIGINT;
