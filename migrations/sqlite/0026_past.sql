-- What a track said, its properties, for as long as its row is here: a change of the contract is
-- replayed over the last seven days.
ALTER TABLE event ADD COLUMN said TEXT;
