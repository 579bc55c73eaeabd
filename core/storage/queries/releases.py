"""Queries about releases of texts."""

ADD = """
INSERT INTO releases (release_id, catalog_id, name, note, created_at, created_by, embeds_generated, lift)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_TEXTS = """
INSERT INTO release_texts (release_id, course_key, enhancement_id, state, text, text_hash)
SELECT release_id, course_key, enhancement_id, state, text, text_hash FROM incoming
"""
PUBLISH = """
INSERT INTO release_publications (sequence, catalog_id, release_id, published_at, published_by)
SELECT coalesce(max(sequence), 0) + 1, $catalog_id, $release_id, $moment, $by FROM release_publications
"""
_SELECT = """
SELECT r.release_id, r.catalog_id, r.name, r.note, r.created_at, r.created_by, r.embeds_generated, r.lift,
    (SELECT count(*) FROM release_texts t WHERE t.release_id = r.release_id), p.published_at, p.published_by,
    p.sequence = max(p.sequence) OVER (PARTITION BY r.catalog_id)
FROM releases r JOIN (
    SELECT release_id, max(sequence) AS sequence, arg_max(published_at, sequence) AS published_at,
        arg_max(published_by, sequence) AS published_by
    FROM release_publications GROUP BY release_id
) p USING (release_id)
"""
LIST = _SELECT + "WHERE r.catalog_id = ? ORDER BY p.sequence DESC"
GET = f"SELECT * FROM ({_SELECT}) WHERE release_id = ?"
CATALOG_OF = "SELECT catalog_id FROM releases WHERE release_id = ?"
NAME_IS_TAKEN = "SELECT 1 FROM releases WHERE catalog_id = ? AND name = ?"
TEXTS = """
SELECT course_key, enhancement_id, state, text, text_hash FROM release_texts WHERE release_id = ? ORDER BY course_key
"""
NAMES_BY_TEXT = """
SELECT t.enhancement_id, list(r.name ORDER BY r.created_at) FROM release_texts t JOIN releases r USING (release_id)
WHERE r.catalog_id = ? GROUP BY t.enhancement_id
"""
