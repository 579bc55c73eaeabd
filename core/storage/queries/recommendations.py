"""Queries about recommendation runs and what they recommended."""

ADD_RUN = """
INSERT INTO recommendation_runs (run_id, catalog_id, weight_set_id, created_at, embedding_model, text_version,
    seconds, signals, student_count, top_k, data_version, release_id, lists_hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')
"""
ADD = """
INSERT INTO recommendations
    (run_id, student_id, course_key, rank, score, signal_weights, contributions, evidence)
SELECT run_id, student_id, course_key, rank, score, signal_weights, contributions, evidence FROM incoming
"""
_RUNS = """
SELECT run_id, catalog_id, weight_set_id, created_at, embedding_model, text_version, seconds, signals,
    student_count, top_k, data_version, lists_hash, release_id
FROM recommendation_runs
"""
_NEWEST_FIRST = "ORDER BY rowid DESC"  # as they came: the clock may have been set back
RUNS = _RUNS + "WHERE catalog_id = ? " + _NEWEST_FIRST
GET_RUN = _RUNS + "WHERE run_id = ?"
NEWEST_RUN = _RUNS + _NEWEST_FIRST + " LIMIT 1"
LISTS_HASH = """
SELECT coalesce(sha256(string_agg(
    concat_ws(chr(9), student_id, course_key, rank, score, signal_weights, contributions),
    chr(10) ORDER BY student_id, rank
)), '') FROM recommendations WHERE run_id = ?
"""
SET_LISTS_HASH = "UPDATE recommendation_runs SET lists_hash = ? WHERE run_id = ?"
_SELECT = """
SELECT student_id, course_key, rank, score, signal_weights, contributions, evidence FROM recommendations
WHERE run_id = ?
"""
OF_STUDENT = _SELECT + "AND student_id = ? ORDER BY rank"
OF_RUN = _SELECT + "ORDER BY student_id, rank"
COUNT = "SELECT count(*) FROM recommendations WHERE run_id = ?"
RUNS_OF_STUDENTS = """
SELECT DISTINCT run_id FROM recommendations WHERE student_id IN (SELECT unnest($1::VARCHAR[]))
"""
FORGET_STUDENTS = "DELETE FROM recommendations WHERE student_id IN (SELECT unnest($1::VARCHAR[]))"
