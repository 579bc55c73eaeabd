-- Under which code a course is now that had another one before: histories of students say the code of their term.
CREATE TABLE course_renames (
    catalog_id VARCHAR NOT NULL,
    old_key VARCHAR NOT NULL,
    new_key VARCHAR NOT NULL, -- from the newest file that gave it another code
    PRIMARY KEY (catalog_id, old_key)
);
