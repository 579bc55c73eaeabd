"""Queries about decisions on enhancements."""

CHOSEN = """
SELECT enhancement_id, state, edited_text, decided_at, decided_by, reason, c.content_hash
FROM enhancements e LEFT JOIN courses c USING (catalog_id, course_key)
WHERE enhancement_id IN (SELECT unnest($1::VARCHAR[]))
"""
# A stale text keeps the judgement that stood before, all but its state: what that was follows from the rest.
FOLLOWING_COURSES = """
SELECT e.enhancement_id, CASE
    WHEN e.source_hash <> c.content_hash THEN 'stale'
    WHEN e.decided_at IS NULL THEN 'draft' WHEN e.edited_text IS NULL THEN 'approved' ELSE 'edited'
END
FROM enhancements e JOIN courses c USING (catalog_id, course_key)
WHERE catalog_id = $1 AND course_key IN (SELECT unnest($2::VARCHAR[])) AND e.state <> 'rejected'
    AND (e.source_hash = c.content_hash) = (e.state = 'stale')
"""
OUTDATED = """
SELECT e.enhancement_id, e.state FROM enhancements e JOIN courses c USING (catalog_id, course_key)
WHERE e.enhancement_id IN (SELECT unnest($1::VARCHAR[])) AND e.source_hash <> c.content_hash
"""
SOURCE_CHANGED = """
SELECT course_key FROM enhancements e JOIN courses c USING (catalog_id, course_key)
WHERE e.enhancement_id IN (SELECT unnest($1::VARCHAR[])) AND c.content_hash <> $2 LIMIT 1
"""
NEWEST = "SELECT coalesce(max(sequence), 0) FROM decisions"
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
# The program put a state back, as its course says again what the text was written from: that leaves the moment of the
# judgement as it was, which a person's decision sets.
_IS_RESTORED = """(
    this.decided_by = '' AND json_extract_string(this.previous, '$.state') = 'stale'
    AND e.decided_at IS DISTINCT FROM this.decided_at
)"""
DECIDED_SINCE = f"""
SELECT CASE WHEN {_IS_RESTORED} THEN 'stale' ELSE this.state END AS found, this.decided_by, e.course_key
FROM decisions this JOIN enhancements e USING (enhancement_id) JOIN enhancements chosen USING (catalog_id, course_key)
WHERE chosen.enhancement_id IN (SELECT unnest($1::VARCHAR[])) AND this.sequence > $2
    AND (e.enhancement_id = chosen.enhancement_id OR found <> 'stale') -- the source of another text may have changed
ORDER BY this.sequence DESC LIMIT 1
"""
_STANDS = """NOT EXISTS (
    SELECT 1 FROM decisions later WHERE later.enhancement_id = this.enhancement_id AND later.sequence > this.sequence
)"""
DECISION = f"""
SELECT enhancement_id, previous, {_STANDS}, e.source_hash, c.content_hash
FROM decisions this JOIN enhancements e USING (enhancement_id) LEFT JOIN courses c USING (catalog_id, course_key)
WHERE decision_id = ? ORDER BY sequence
"""
_DECISIONS = f"""
SELECT decision_id, enhancement_id, this.state, json_extract_string(previous, '$.state'), this.edited_text,
    this.decided_at, this.decided_by, this.reason,
    (SELECT count(*) FROM decisions other WHERE other.decision_id = this.decision_id), {_IS_RESTORED}
FROM decisions this JOIN enhancements e USING (enhancement_id)
"""
HISTORY = _DECISIONS + "WHERE enhancement_id = ? ORDER BY sequence DESC"
HISTORIES = _DECISIONS + "WHERE catalog_id = ? ORDER BY sequence"
RECENT = f"""
SELECT this.decision_id, first(this.state ORDER BY sequence) FILTER (this.state <> 'stale') AS decided,
    min(this.decided_at), first(this.decided_by), first(this.reason), count(*), count(*) FILTER ({_STANDS}),
    first(e.course_key ORDER BY sequence)
FROM decisions this JOIN enhancements e USING (enhancement_id)
WHERE e.catalog_id = ? AND NOT {_IS_RESTORED}
GROUP BY this.decision_id HAVING decided IS NOT NULL ORDER BY max(sequence) DESC LIMIT ?
"""
MOMENTS = """
SELECT max(decided_at) FROM decisions WHERE decided_by = ? AND state <> 'stale'
GROUP BY decision_id ORDER BY max(sequence) DESC LIMIT ?
"""
