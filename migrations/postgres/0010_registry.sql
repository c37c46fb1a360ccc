-- The suppression registry: who answers for a rule.
ALTER TABLE suppression ADD COLUMN owner TEXT;
