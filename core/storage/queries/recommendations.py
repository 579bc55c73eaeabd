"""Queries about recommendation runs and what they recommended."""

ADD_RUN = """
INSERT INTO recommendation_runs (run_id, catalog_id, weight_set_id, created_at, embedding_model, text_version,
    seconds, signals, student_count, top_k)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD = """
INSERT INTO recommendations
    (run_id, student_id, course_key, rank, score, signal_weights, contributions, evidence)
SELECT run_id, student_id, course_key, rank, score, signal_weights, contributions, evidence FROM incoming
"""
_RUNS = """
SELECT run_id, catalog_id, weight_set_id, created_at, embedding_model, text_version, seconds, signals,
    student_count, top_k
FROM recommendation_runs
"""
RUNS = _RUNS + "WHERE catalog_id = ? ORDER BY created_at DESC"
GET_RUN = _RUNS + "WHERE run_id = ?"
NEWEST_RUN = _RUNS + "ORDER BY created_at DESC LIMIT 1"
_SELECT = """
SELECT student_id, course_key, rank, score, signal_weights, contributions, evidence FROM recommendations
WHERE run_id = ?
"""
OF_STUDENT = _SELECT + "AND student_id = ? ORDER BY rank"
OF_RUN = _SELECT + "ORDER BY student_id, rank"
