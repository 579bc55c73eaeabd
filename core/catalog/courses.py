"""Turns the rows of a table into courses, and says what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from core.catalog.mapping import ColumnMapping
from core.catalog.tables import Table
from core.records import Course, Problem


@dataclass(frozen=True, slots=True)
class CourseIntake:
    """The courses of a table and everything that was wrong, reading included."""

    courses: tuple[Course, ...]
    problems: tuple[Problem, ...]
    section_groups: int = 0  # courses that stand in several rows with the same code and title
    merged_rows: int = 0  # rows that went into another row's course; 0 unless merging


def build_courses(table: Table, mapping: ColumnMapping, merge_sections: bool = True) -> CourseIntake:
    """Courses with key, cleaned texts, language, kind and content hash, in the order of the rows.

    Raises IntakeError when no column is mapped to the title, or no row has one.
    """
    raise NotImplementedError
