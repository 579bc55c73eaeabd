"""Queries about weight sets and which one is published."""

_SELECT = """
SELECT w.weight_set_id, w.name, w.version, w.weights, w.created_at, w.author, w.note, w.options,
    w.weight_set_id IS NOT DISTINCT FROM (
        SELECT p.weight_set_id FROM weight_publications p WHERE p.catalog_id = w.catalog_id
        ORDER BY p.sequence DESC LIMIT 1
    ) AS is_published
FROM weight_sets w
"""
LIST = _SELECT + "WHERE w.catalog_id = ? ORDER BY w.rowid DESC"  # as they came: the clock may have been set back
GET = _SELECT + "WHERE w.weight_set_id = ?"
NEWEST = _SELECT + "WHERE w.catalog_id = ? AND w.name = ? ORDER BY w.version DESC LIMIT 1"
PUBLISHED = f"SELECT * FROM ({_SELECT} WHERE w.catalog_id = ?) WHERE is_published"
ADD = """
INSERT INTO weight_sets (weight_set_id, catalog_id, name, version, weights, created_at, author, note, options)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
CATALOG_OF = "SELECT catalog_id FROM weight_sets WHERE weight_set_id = ?"
PUBLISH = """
INSERT INTO weight_publications (sequence, catalog_id, weight_set_id, published_at)
SELECT coalesce(max(sequence), 0) + 1, $catalog_id, $weight_set_id, $moment FROM weight_publications
"""
PUBLICATIONS = (
    "SELECT sequence, weight_set_id FROM weight_publications WHERE catalog_id = ? ORDER BY sequence DESC LIMIT 2"
)
WITHDRAW = "DELETE FROM weight_publications WHERE sequence = ?"
