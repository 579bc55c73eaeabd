-- When each taken course was taken, in the order of taken_course_keys; empty when nothing is known.
-- No DEFAULT []: DuckDB would change a setting to evaluate it, and settings are locked.
ALTER TABLE students ADD COLUMN taken_on VARCHAR[];
UPDATE students SET taken_on = [];
