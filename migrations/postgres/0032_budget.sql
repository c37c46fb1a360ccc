-- How much may go to a destination: JSON; nothing where nobody has said.
ALTER TABLE destination ADD COLUMN budget TEXT;
