"""Queries about embeddings."""

PUT = """
INSERT OR IGNORE INTO embeddings (model, text_hash, vector, created_at)
SELECT model, text_hash, vector, created_at FROM incoming
"""
GET = "SELECT text_hash, vector FROM embeddings WHERE model = $1 AND text_hash IN (SELECT unnest($2::VARCHAR[]))"
KNOWN = "SELECT text_hash FROM embeddings WHERE model = $1 AND text_hash IN (SELECT unnest($2::VARCHAR[]))"
FORGET = "DELETE FROM embeddings WHERE text_hash IN (SELECT unnest($1::VARCHAR[]))"
