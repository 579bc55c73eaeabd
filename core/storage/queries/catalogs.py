"""Queries about catalogs, uploads, imports, courses, column mappings and triage."""

ADD_CATALOG = "INSERT INTO catalogs (catalog_id, name, is_sample, created_at) VALUES (?, ?, ?, ?)"
_CATALOGS = """
SELECT c.catalog_id, c.name, c.created_at, count(k.course_key), c.is_sample
FROM catalogs c LEFT JOIN courses k ON k.catalog_id = c.catalog_id AND k.is_active
"""
_GROUP_CATALOGS = " GROUP BY c.catalog_id, c.name, c.created_at, c.is_sample ORDER BY c.created_at, c.name"
LIST_CATALOGS = _CATALOGS + _GROUP_CATALOGS
GET_CATALOG = _CATALOGS + "WHERE c.catalog_id = ?" + _GROUP_CATALOGS
FIND_CATALOG = _CATALOGS + "WHERE c.name = ?" + _GROUP_CATALOGS

ADD_UPLOAD = """
INSERT INTO uploads (upload_id, content_hash, file_name, size_bytes, kind, stored_path, uploaded_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
LIST_UPLOADS = """
SELECT upload_id, content_hash, file_name, stored_path FROM uploads
WHERE stored_path <> '' ORDER BY uploaded_at, upload_id
"""
FILES_OF_STUDENTS = """
SELECT stored_path FROM uploads WHERE kind = 'students' AND stored_path <> ''
AND stored_path NOT IN (SELECT stored_path FROM uploads WHERE kind <> 'students')
"""
LAST_UPLOAD_OF_STUDENTS = "SELECT upload_id FROM uploads WHERE kind = 'students' ORDER BY rowid DESC LIMIT 1"
FORGET_FILES_OF_STUDENTS = "UPDATE uploads SET stored_path = '', file_name = '' WHERE kind = 'students'"
ADD_IMPORT = "INSERT INTO imports (import_id, catalog_id, upload_id, imported_at, counts) VALUES (?, ?, ?, ?, ?)"
LIST_IMPORTS = """
SELECT i.import_id, i.upload_id, coalesce(u.file_name, ''), i.imported_at, i.counts
FROM imports i LEFT JOIN uploads u ON u.upload_id = i.upload_id
WHERE i.catalog_id = ? ORDER BY i.rowid DESC -- as they came: the clock may have been set back
"""

COURSE_COLUMNS = (
    "course_key, title, code, title_en, department, category, level, credits, language, kind, "
    "description, description_raw, prerequisites, extra, row_number, content_hash, catalog_id, is_active"
)
_COURSES = f"SELECT {COURSE_COLUMNS} FROM courses WHERE catalog_id = ? "
ALL_COURSES = _COURSES + "ORDER BY row_number, course_key"
ACTIVE_COURSES = _COURSES + "AND is_active ORDER BY row_number, course_key"
GET_COURSE = _COURSES + "AND course_key = ?"
PUT_COURSES = f"INSERT OR REPLACE INTO courses ({COURSE_COLUMNS}) SELECT {COURSE_COLUMNS} FROM incoming"
ADD_VERSIONS = """
INSERT INTO course_versions (catalog_id, course_key, import_id, saved_at, content_hash, course, saved_by)
SELECT catalog_id, course_key, import_id, saved_at, content_hash, course, saved_by FROM incoming
"""
COPY_VERSIONS = """
INSERT INTO course_versions (catalog_id, course_key, import_id, saved_at, content_hash, course, saved_by)
SELECT DISTINCT v.catalog_id, i.new_key, v.import_id, v.saved_at, v.content_hash, v.course, v.saved_by
FROM course_versions v JOIN incoming i ON v.catalog_id = i.catalog_id AND v.course_key = i.old_key
WHERE NOT EXISTS ( -- a code may come back
    SELECT 1 FROM course_versions had WHERE had.catalog_id = v.catalog_id AND had.course_key = i.new_key
        AND had.saved_at = v.saved_at
)
"""
PUT_RENAMES = """
INSERT OR REPLACE INTO course_renames (catalog_id, old_key, new_key) SELECT catalog_id, old_key, new_key FROM incoming
"""
RENAMES = "SELECT old_key, new_key FROM course_renames WHERE catalog_id = ?"
COURSE_VERSIONS = """
SELECT course, saved_at, saved_by, import_id IS NULL FROM course_versions
WHERE catalog_id = ? AND course_key = ? ORDER BY saved_at DESC
"""
EDITED_KEYS = """
SELECT DISTINCT course_key FROM course_versions WHERE catalog_id = ? AND import_id IS NULL
"""
EDITED_HISTORIES = """
SELECT course_key, course, import_id IS NULL FROM course_versions
WHERE catalog_id = ? AND course_key IN (
    SELECT course_key FROM course_versions WHERE catalog_id = ? AND import_id IS NULL
)
ORDER BY saved_at
"""
SOURCES = "SELECT course_key, content_hash, course FROM course_versions WHERE catalog_id = ?"

PUT_MAPPING = "INSERT OR REPLACE INTO mappings (shape, kind, fields, saved_at) VALUES (?, ?, ?, ?)"
GET_MAPPING = "SELECT fields FROM mappings WHERE shape = ? AND kind = ?"

PUT_TRIAGE = """
INSERT OR REPLACE INTO triage (catalog_id, course_key, status, reason, judged_at)
SELECT catalog_id, course_key, status, reason, judged_at FROM incoming
"""
GET_TRIAGE = "SELECT course_key, status, reason FROM triage WHERE catalog_id = ?"
