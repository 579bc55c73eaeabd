"""Queries about jobs and their items, timings and samples."""

ADD_JOB = """
INSERT INTO jobs (job_id, kind, catalog_id, status, spec, settings_hash, idempotency_key, created_at, total,
    started_at, finished_at, journal_position, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_ITEMS = """
INSERT INTO job_items (job_id, item_key, ordinal, state, attempts, seconds, new_tokens)
SELECT job_id, item_key, ordinal, 'pending', 0, 0, 0 FROM incoming
"""
_JOBS = """
SELECT j.job_id, j.kind, j.catalog_id, j.status, j.spec, j.settings_hash, j.created_at, j.total,
    count(*) FILTER (i.state = 'done'), count(*) FILTER (i.state = 'failed'),
    count(*) FILTER (i.state = 'set_aside'), j.started_at, j.finished_at, j.journal_position, j.error
FROM jobs j LEFT JOIN job_items i ON i.job_id = j.job_id
"""
_GROUP = " GROUP BY ALL ORDER BY j.created_at DESC, j.job_id"
GET_JOB = _JOBS + "WHERE j.job_id = ?" + _GROUP
_NEWEST = """
SELECT * FROM jobs WHERE ($kind IS NULL OR kind = $kind) AND ($catalog_id IS NULL OR catalog_id = $catalog_id)
ORDER BY created_at DESC, job_id LIMIT $limit
"""
LIST_JOBS = _JOBS.replace("FROM jobs j", f"FROM ({_NEWEST}) j") + _GROUP
_NOT_FINAL = "j.status IN ('queued', 'running', 'paused')"
ACTIVE_JOBS = _JOBS + "WHERE " + _NOT_FINAL + _GROUP
ANY_ACTIVE = f"SELECT 1 FROM jobs j WHERE {_NOT_FINAL} LIMIT 1"
STORED_LENGTH = "SELECT count(*), coalesce(sum(journal_position), 0) FROM jobs WHERE kind = ?"
SAME_ACTIVE_JOB = f"""
SELECT j.job_id FROM jobs j
WHERE {_NOT_FINAL} AND (($key <> '' AND j.idempotency_key = $key) OR (j.catalog_id = $catalog_id AND j.kind = $kind))
ORDER BY (j.idempotency_key = $key) DESC, j.created_at LIMIT 1
"""
JOB_EXISTS = "SELECT 1 FROM jobs WHERE job_id = ?"
SET_STATUS = """
UPDATE jobs SET status = $status, error = $error,
    started_at = CASE WHEN $status = 'running' THEN coalesce(started_at, $moment) ELSE started_at END,
    finished_at = CASE WHEN $is_final THEN $moment::TIMESTAMP END
WHERE job_id = $job_id
"""
RESET_ITEMS = """
UPDATE job_items SET state = 'pending', attempts = 0, error = NULL
WHERE job_id = $1 AND list_contains($2::VARCHAR[], state)
"""

GET_POSITION = "SELECT journal_position FROM jobs WHERE job_id = ?"
SET_POSITION = "UPDATE jobs SET journal_position = ? WHERE job_id = ?"
SET_ITEMS = """
UPDATE job_items SET state = i.state, attempts = i.attempts, seconds = i.seconds, new_tokens = i.new_tokens,
    error = i.error
FROM incoming i WHERE job_items.job_id = i.job_id AND job_items.item_key = i.item_key
"""
COUNT_UNTRIED = "SELECT count(*) FROM job_items WHERE job_id = ? AND state = 'done' AND attempts = 0"
LIST_ITEMS = """
SELECT item_key, state, attempts, seconds, new_tokens, error FROM job_items WHERE job_id = ? ORDER BY ordinal
"""
ADD_TIMINGS = "INSERT INTO job_timings SELECT job_id, name, seconds, count FROM incoming"
SUM_TIMINGS = """
SELECT name, sum(seconds), sum(count)::INTEGER FROM job_timings WHERE job_id = ? GROUP BY name ORDER BY 2 DESC, 1
"""
ADD_SAMPLES = """
INSERT INTO job_samples (job_id, item_key, finished_at, seconds, new_tokens, rss_mib, batch_size)
SELECT job_id, item_key, finished_at, seconds, new_tokens, rss_mib, batch_size FROM incoming
"""
ADD_FORECAST = "INSERT INTO job_forecasts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
GET_FORECAST = "SELECT made_at, done, remaining, seconds, low, high FROM job_forecasts WHERE job_id = ?"
SUM_SAMPLES = """
SELECT job_id, count(*), sum(seconds), sum(new_tokens)::BIGINT, max(finished_at) FROM job_samples
WHERE seconds > 0 GROUP BY job_id
"""
LIST_SAMPLES = """
SELECT item_key, finished_at, seconds, new_tokens, rss_mib, batch_size FROM job_samples
WHERE job_id = ? ORDER BY finished_at, item_key
"""

JOBS_WITH_ITEMS = """
SELECT DISTINCT job_id FROM job_items WHERE item_key IN (SELECT unnest($1::VARCHAR[])) ORDER BY job_id
"""
FORGET = tuple(
    f"DELETE FROM {table} WHERE job_id IN (SELECT unnest($1::VARCHAR[]))"
    for table in ("job_items", "job_timings", "job_samples", "job_forecasts", "jobs")
)
