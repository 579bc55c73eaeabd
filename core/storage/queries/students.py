"""Queries about students. Every table but `student_identities` knows them by pseudonym only."""

COLUMNS = "student_id, department, year, interests, taken_course_keys, taken_on"
_SELECT = f"SELECT {COLUMNS} FROM students "
ALL = _SELECT + "ORDER BY student_id"
GET = _SELECT + "WHERE student_id = ?"
_WHERE = """
WHERE ($search = '' OR contains(lower(student_id), $search) OR contains(lower(department), $search)
    OR contains(lower(array_to_string(interests, ' ')), $search))
AND ($department IS NULL OR department = $department)
"""
LIST = _SELECT + _WHERE + "ORDER BY student_id LIMIT $limit OFFSET $offset"
COUNT = "SELECT count(*) FROM students " + _WHERE
PUT = f"INSERT OR REPLACE INTO students ({COLUMNS}, upload_id) SELECT {COLUMNS}, upload_id FROM incoming"
REMOVE = "DELETE FROM students WHERE student_id IN (SELECT unnest($1::VARCHAR[]))"
DEPARTMENTS = "SELECT department, count(*) FROM students WHERE department <> '' GROUP BY 1 ORDER BY 1"
INTERESTS = """
SELECT interest, count(*) FROM (SELECT unnest(interests) AS interest FROM students) GROUP BY 1 ORDER BY 1
"""

IDENTITIES = "SELECT number, student_id FROM student_identities"
NUMBERS = """
SELECT student_id, number FROM student_identities WHERE student_id IN (SELECT unnest($1::VARCHAR[]))
"""
NUMBERS_IN = "SELECT lower(number) FROM student_identities WHERE contains(?, lower(number))"
FIND_NUMBER = "SELECT student_id FROM student_identities WHERE number = ?"
ADD_IDENTITIES = """
INSERT INTO student_identities (student_id, number, last_seen_at)
SELECT student_id, number, last_seen_at FROM incoming
"""
SEEN = "UPDATE student_identities SET last_seen_at = $1 WHERE student_id IN (SELECT unnest($2::VARCHAR[]))"

UNSEEN_SINCE = """
SELECT student_id FROM student_identities
WHERE last_seen_at < ? AND student_id NOT IN (SELECT student_id FROM students) ORDER BY student_id
"""
FORGET = "DELETE FROM student_identities WHERE student_id IN (SELECT unnest($1::VARCHAR[]))"
ADD_DELETION = """
INSERT INTO student_deletions (deletion_id, deleted_at, actor, reason, counts) VALUES (?, ?, ?, ?, ?)
"""
FINISH_DELETIONS = """
UPDATE student_deletions SET finished_at = $1 WHERE deletion_id IN (SELECT unnest($2::VARCHAR[]))
"""
LIST_DELETIONS = """
SELECT deletion_id, deleted_at, actor, reason, counts, finished_at FROM student_deletions ORDER BY deleted_at DESC
"""
