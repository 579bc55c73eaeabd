-- What was deleted about students, when, by whom and why. No row says whose it was.
CREATE TABLE student_deletions (
    deletion_id VARCHAR PRIMARY KEY,
    deleted_at TIMESTAMP NOT NULL,
    actor VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    counts JSON NOT NULL, -- of everything that was taken away, by name
    finished_at TIMESTAMP -- NULL: the traces in files were not all removed yet
);
