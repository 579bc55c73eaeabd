"""Queries about settings, measurements and the access log."""

GET_SETTING = "SELECT value FROM settings WHERE key = ?"
PUT_SETTING = "INSERT OR REPLACE INTO settings (key, value, saved_at) VALUES (?, ?, ?)"

ADD_MEASUREMENT = """
INSERT OR IGNORE INTO measurements (run_id, kind, created_at, rows, machine) VALUES (?, ?, ?, ?, ?)
"""
HAS_MEASUREMENT = "SELECT 1 FROM measurements WHERE run_id = ?"
LIST_MEASUREMENTS = """
SELECT run_id, kind, created_at, rows, machine FROM measurements
WHERE $kind IS NULL OR kind = $kind ORDER BY rowid DESC LIMIT $limit -- as they came: the clock may have been set back
"""

LAST_ACCESS = "SELECT sequence, entry_hash FROM access_log ORDER BY sequence DESC LIMIT 1"
ADD_ACCESS = """
INSERT INTO access_log (sequence, recorded_at, action, subjects, actor, reason, previous_hash, entry_hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_ACCESSES = """
SELECT sequence, recorded_at, action, subjects, actor, reason, previous_hash, entry_hash FROM access_log
"""
LIST_ACCESSES = _ACCESSES + "ORDER BY sequence DESC LIMIT ?"
ALL_ACCESSES = _ACCESSES + "ORDER BY sequence"
DELETE_ACCESSES = _ACCESSES + "WHERE action = 'delete' ORDER BY sequence"
ACCESSES_SINCE = _ACCESSES + "WHERE sequence > ? ORDER BY sequence"
