-- What an audience is for, and the day on which somebody looks at it again, as 2026-12-31.
ALTER TABLE audience ADD COLUMN purpose TEXT;
ALTER TABLE audience ADD COLUMN review_on TEXT;
