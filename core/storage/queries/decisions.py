"""Queries about decisions on enhancements."""

CHOSEN = """
SELECT enhancement_id, state, edited_text, decided_at, decided_by, reason FROM enhancements
WHERE enhancement_id IN (SELECT unnest($1::VARCHAR[]))
"""
OPEN_OF_COURSES = """
SELECT enhancement_id FROM enhancements
WHERE catalog_id = $1 AND state <> 'rejected' AND course_key IN (SELECT unnest($2::VARCHAR[]))
"""
OUTDATED = """
SELECT e.enhancement_id, e.state FROM enhancements e JOIN courses c USING (catalog_id, course_key)
WHERE e.enhancement_id IN (SELECT unnest($1::VARCHAR[])) AND e.source_hash <> c.content_hash
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
DECIDED_SINCE = """
SELECT d.state, d.decided_by, e.course_key FROM decisions d JOIN enhancements e USING (enhancement_id)
JOIN enhancements chosen USING (catalog_id, course_key)
WHERE chosen.enhancement_id IN (SELECT unnest($1::VARCHAR[])) AND d.sequence > $2
    AND (e.enhancement_id = chosen.enhancement_id OR d.state <> 'stale') -- the program may find another text stale
ORDER BY d.sequence DESC LIMIT 1
"""
_STANDS = """NOT EXISTS (
    SELECT 1 FROM decisions later WHERE later.enhancement_id = this.enhancement_id AND later.sequence > this.sequence
)"""
DECISION = f"""
SELECT enhancement_id, previous, {_STANDS} FROM decisions this WHERE decision_id = ? ORDER BY sequence
"""
_DECISIONS = """
SELECT decision_id, enhancement_id, state, json_extract_string(previous, '$.state'), edited_text, decided_at,
    decided_by, reason, (SELECT count(*) FROM decisions other WHERE other.decision_id = this.decision_id)
FROM decisions this
"""
HISTORY = _DECISIONS + "WHERE enhancement_id = ? ORDER BY sequence DESC"
HISTORIES = (
    _DECISIONS
    + "WHERE enhancement_id IN (SELECT enhancement_id FROM enhancements WHERE catalog_id = ?) ORDER BY sequence"
)
RECENT = f"""
SELECT this.decision_id, first(this.state ORDER BY sequence), min(this.decided_at), first(this.decided_by),
    first(this.reason), count(*), count(*) FILTER ({_STANDS}), first(e.course_key ORDER BY sequence)
FROM decisions this JOIN enhancements e USING (enhancement_id)
WHERE e.catalog_id = ? GROUP BY this.decision_id ORDER BY max(sequence) DESC LIMIT ?
"""
MOMENTS = """
SELECT max(decided_at) FROM decisions WHERE decided_by = ? AND state <> 'stale'
GROUP BY decision_id ORDER BY max(sequence) DESC LIMIT ?
"""
