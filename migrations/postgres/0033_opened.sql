-- Since when a change waits for somebody; nothing for those that waited before this was kept.
ALTER TABLE change_request ADD COLUMN opened_at BIGINT;
