"""Queries about enhancements and the decisions on them."""

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
PUBLISHED = (
    _SELECT
    + """
WHERE catalog_id = ? AND state IN ('approved', 'edited')
QUALIFY row_number() OVER (PARTITION BY course_key ORDER BY decided_at DESC NULLS LAST, created_at DESC) = 1
"""
)
COUNT_STATES = "SELECT state, count(*) FROM enhancements WHERE catalog_id = ? GROUP BY state"
FIND_CACHED = f"""
SELECT {COLUMNS}, cache_key FROM enhancements
WHERE cache_key <> '' AND state <> 'rejected' AND cache_key IN (SELECT unnest($1::VARCHAR[]))
QUALIFY row_number() OVER (PARTITION BY cache_key ORDER BY created_at DESC, enhancement_id) = 1
"""

CHOSEN = """
SELECT enhancement_id, state, edited_text, decided_at, decided_by, reason FROM enhancements
WHERE enhancement_id IN (SELECT unnest($1::VARCHAR[]))
"""
PUBLISHED_OF_COURSES = """
SELECT enhancement_id FROM enhancements
WHERE catalog_id = $1 AND state IN ('approved', 'edited') AND course_key IN (SELECT unnest($2::VARCHAR[]))
"""
SET_ORIGINALS = """
UPDATE enhancements SET catalog_id = i.catalog_id, course_key = i.course_key, job_id = i.job_id, text = i.text,
    source_hash = i.source_hash
FROM incoming i WHERE enhancements.enhancement_id = i.enhancement_id
"""
NEXT_DECISION = "SELECT coalesce(max(sequence), 0) + 1 FROM decisions"
ADD_DECISIONS = """
INSERT INTO decisions
    (sequence, decision_id, enhancement_id, state, edited_text, decided_at, decided_by, reason, previous)
SELECT sequence, decision_id, enhancement_id, state, edited_text, decided_at, decided_by, reason, previous
FROM incoming
"""
SET_STATES = """
UPDATE enhancements SET state = i.state, edited_text = i.edited_text, decided_at = i.decided_at,
    decided_by = i.decided_by, reason = i.reason
FROM incoming i WHERE enhancements.enhancement_id = i.enhancement_id
"""
DECISION = "SELECT enhancement_id, previous FROM decisions WHERE decision_id = ?"
OVERTAKEN = """
SELECT count(*) FROM decisions later JOIN decisions this USING (enhancement_id)
WHERE this.decision_id = ? AND later.sequence > this.sequence
"""
HISTORY = """
SELECT decision_id, enhancement_id, state, json_extract_string(previous, '$.state'), edited_text, decided_at,
    decided_by, reason
FROM decisions WHERE enhancement_id = ? ORDER BY sequence DESC
"""
