"""Turns the rows of a table into students, without importing who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.catalog.mapping import ColumnMapping
from core.catalog.tables import Table
from core.records import Problem, Student


@dataclass(frozen=True, slots=True)
class StudentIntake:
    """The students of a table and everything that was wrong, reading included."""

    students: tuple[Student, ...]
    problems: tuple[Problem, ...]


def build_students(table: Table, mapping: ColumnMapping, known_courses: Mapping[str, str]) -> StudentIntake:
    """Students by id; `known_courses` maps codes and titles of the catalog to course keys, for the history.

    Columns that identify a person (name, telephone, e-mail, resident number, ...) are dropped and reported.
    Raises IntakeError when no column is mapped to the id, or no row has one.
    """
    raise NotImplementedError
