-- Of students only what recommendations need is stored. Other columns of their files (names, grades, notes, ...) leave;
-- where there were any, an unfinished deletion says that free blocks and backups may still hold them.
INSERT INTO student_deletions (deletion_id, deleted_at, actor, reason, counts)
SELECT replace(uuid()::VARCHAR, '-', ''), make_timestamp(epoch_us(now())), '', 'students.extra',
    '{"places": 0, "students": 0, "vectors": 0, "jobs": 0, "uploads": 0}'
WHERE EXISTS (SELECT 1 FROM students WHERE extra::VARCHAR <> '{}');
ALTER TABLE students DROP COLUMN extra;
