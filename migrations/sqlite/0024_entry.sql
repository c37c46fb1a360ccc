-- An entry as an event of its own: what it is called, and who comes in for which reason.
ALTER TABLE mapping ADD COLUMN entry_event TEXT;
ALTER TABLE part ADD COLUMN reasons TEXT;
-- What a person is worth to a destination, and from which attributes that is reckoned.
ALTER TABLE destination ADD COLUMN value TEXT;
