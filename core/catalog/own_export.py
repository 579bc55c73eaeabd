"""Recognises a catalog that this app exported, so that what it added is never taken for the departments' own data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from core.catalog.export_safety import escape_cell
from core.catalog.header import unique_names
from core.catalog.tables import SEVERITIES, Table
from core.i18n import LANGUAGES, Translator
from core.records import Message, Problem

ADDED_FIELDS = (
    "final_description", "added_words", "text_state", "decided_by", "decided_at", "model", "engine", "prompt_version",
    "description_status", "source_edits",
)  # fmt: skip
MARK = " (CourseLift)"  # behind an added heading that the file itself has too
_ENOUGH = 4  # headings; fewer can be somebody else's


def added_heading(field: str, language: str) -> str:
    """What people read above an added column."""
    return Translator(language)(f"pipeline.column.{field}")


def is_added(column: str) -> bool:
    """Whether a column has a name that the export gives, in any language."""
    return column.removesuffix(MARK) in _headings()


def without_additions(table: Table) -> Table:
    """The table as it was before it was exported, with a note that says so; any other table as it is."""
    added = [column for column in table.columns if is_added(column)]
    if len(added) < _ENOUGH:
        return table
    kept = [position for position, column in enumerate(table.columns) if not is_added(column)]
    key = "own_export"
    note = Problem(Message(f"intake.problem.{key}", {"columns": ", ".join(added)}), severity=SEVERITIES[key])
    return replace(
        table,
        columns=unique_names(_unescaped(table.columns, kept)),
        rows=tuple(tuple(_unescaped(row, kept)) for row in table.rows),
        problems=(note, *table.problems),
    )


def _unescaped(cells: Sequence[str], positions: Sequence[int]) -> list[str]:
    """These cells, without the apostrophes of export_safety.escape_cell."""
    return [text[1:] if escape_cell(text[1:]) == text else text for text in (cells[at] for at in positions)]


@cache
def _headings() -> frozenset[str]:
    translated = (added_heading(field, language) for language in LANGUAGES for field in ADDED_FIELDS)
    return frozenset((*ADDED_FIELDS, *translated))
