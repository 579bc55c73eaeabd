"""Queries about enhancements; those about the decisions on them are in `decisions`."""

COLUMNS = (
    "enhancement_id, catalog_id, course_key, job_id, text, provenance, source_hash, finish_reason, prompt_tokens, "
    "new_tokens, seconds, created_at, state, edited_text, findings, decided_at, decided_by, reason"
)
ADD = f"""
INSERT OR IGNORE INTO enhancements ({COLUMNS}, cache_key) SELECT {COLUMNS}, cache_key FROM incoming
"""
_SELECT = f"SELECT {COLUMNS} FROM enhancements "
GET = _SELECT + "WHERE enhancement_id = ?"
OF_JOB = _SELECT + "WHERE job_id = ? ORDER BY created_at, enhancement_id"
NEWEST_OF_JOB = _SELECT + "WHERE job_id = ? ORDER BY created_at DESC, enhancement_id DESC LIMIT ?"
OF_COURSE = _SELECT + "WHERE catalog_id = ? AND course_key = ? ORDER BY created_at DESC, enhancement_id"
OF_CATALOG = (
    _SELECT
    + """
WHERE catalog_id = $catalog_id AND ($states IS NULL OR list_contains($states::VARCHAR[], state))
ORDER BY created_at, enhancement_id LIMIT $limit OFFSET $offset
"""
)
LATEST = (
    _SELECT
    + """
WHERE catalog_id = ? AND state <> 'rejected'
QUALIFY row_number() OVER (PARTITION BY course_key ORDER BY created_at DESC, enhancement_id) = 1
"""
)
# The order of decisions counts, not the clock: it may have been set back between two. An undo puts the moment of the
# decision back that stands again, so that this one counts, not the undo. The decision on a text that a renamed course
# brought along is logged under its old code: here counts when it came.
PUBLISHED = (
    _SELECT
    + """
LEFT JOIN (
    SELECT enhancement_id, coalesce(max(sequence) FILTER (d.decided_at = e.decided_at), min(sequence)) AS sequence
    FROM decisions d JOIN enhancements e USING (enhancement_id) GROUP BY enhancement_id
) USING (enhancement_id)
WHERE catalog_id = ? AND state IN ('approved', 'edited')
QUALIFY row_number() OVER (
    PARTITION BY course_key ORDER BY sequence DESC NULLS LAST, decided_at DESC NULLS LAST, created_at DESC
) = 1
"""
)
COPY_AS_STALE = """
INSERT INTO enhancements BY NAME SELECT e.* REPLACE (
    i.new_id AS enhancement_id, i.new_key AS course_key, '' AS job_id, 'stale' AS state, '' AS cache_key
) FROM enhancements e JOIN incoming i ON e.enhancement_id = i.old_id
WHERE NOT EXISTS ( -- a code may come back
    SELECT 1 FROM enhancements had WHERE had.catalog_id = e.catalog_id AND had.course_key = i.new_key
        AND had.state = e.state AND had.text = e.text AND had.edited_text IS NOT DISTINCT FROM e.edited_text
)
"""
LISTED_STATES = """
SELECT course_key, e.state FROM enhancements e JOIN courses c USING (catalog_id, course_key)
WHERE catalog_id = ? AND c.is_active
QUALIFY e.state = 'rejected' OR row_number() OVER (
    PARTITION BY course_key, e.state = 'rejected' ORDER BY e.created_at DESC, e.enhancement_id
) = 1
"""
FIND_CACHED = f"""
SELECT {COLUMNS}, cache_key FROM enhancements
WHERE cache_key <> '' AND state <> 'rejected' AND cache_key IN (SELECT unnest($1::VARCHAR[]))
QUALIFY row_number() OVER (PARTITION BY cache_key ORDER BY created_at DESC, enhancement_id) = 1
"""
SET_ORIGINALS = """
UPDATE enhancements SET catalog_id = i.catalog_id, course_key = i.course_key, job_id = i.job_id, text = i.text,
    source_hash = i.source_hash
FROM incoming i WHERE enhancements.enhancement_id = i.enhancement_id
"""
