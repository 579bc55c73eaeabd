-- Who edited a course here; '' for an upload.
ALTER TABLE course_versions ADD COLUMN saved_by VARCHAR DEFAULT '';
