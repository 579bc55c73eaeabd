"""Proposes which column of an uploaded table is which field, from the names and from the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.catalog.tables import Table

COURSE_FIELDS = (
    "code",
    "title",
    "title_en",
    "department",
    "category",
    "level",
    "credits",
    "language",
    "kind",
    "description",
    "prerequisites",
)
STUDENT_FIELDS = ("student_id", "department", "year", "interests", "history")


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds which field; fields without a column are absent."""

    fields: Mapping[str, str]


def propose_mapping(table: Table, remembered: Mapping[str, str] | None = None) -> ColumnMapping:
    """The likeliest mapping of a catalog; a remembered one wins when the table has all its columns."""
    raise NotImplementedError


def propose_student_mapping(table: Table, remembered: Mapping[str, str] | None = None) -> ColumnMapping:
    """The likeliest mapping of a list of students; a remembered one wins when the table has all its columns."""
    raise NotImplementedError


def table_shape(table: Table) -> str:
    """A hash of the column names: equal for the next file of the same shape."""
    raise NotImplementedError
