"""Queries about prompt versions and which of them is the default."""

_SELECT = "SELECT language, version, content, created_at, author, note FROM prompt_versions "
LIST = _SELECT + "WHERE language = ? ORDER BY version DESC"
NEXT_VERSION = "SELECT coalesce(max(version), 0) + 1 FROM prompt_versions WHERE language = ?"
ADD = """
INSERT INTO prompt_versions (language, version, content, created_at, author, note) VALUES (?, ?, ?, ?, ?, ?)
"""
CHOICES = "SELECT version, chosen_at, chosen_by FROM prompt_choices WHERE language = ? ORDER BY sequence DESC"
CHOOSE = """
INSERT INTO prompt_choices (sequence, language, version, chosen_at, chosen_by)
SELECT coalesce(max(sequence), 0) + 1, $language, $version, $moment, $by FROM prompt_choices
"""
