"""Courses as rows of their two tables: what they say now, and every version of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import duckdb

from core.records import Course, CourseKind
from core.storage.conversion import from_json, insert_columns, now, to_json, to_stored_time
from core.storage.queries import catalogs as queries

_COURSE_FIELDS = [name.strip() for name in queries.COURSE_COLUMNS.split(",")]


def put_courses(cursor: duckdb.DuckDBPyConnection, courses: Sequence[Course]) -> None:
    """Store what courses say now, in place of what they said."""
    if not courses:
        return
    columns: dict[str, list[Any]] = {name: [getattr(course, name) for course in courses] for name in _COURSE_FIELDS}
    columns["kind"] = [course.kind.value for course in courses]
    columns["extra"] = [to_json(course.extra) for course in courses]
    insert_columns(cursor, queries.PUT_COURSES, columns)


def add_versions(
    cursor: duckdb.DuckDBPyConnection, courses: Sequence[Course], import_id: str | None, by: str = ""
) -> None:
    """Add a version of each course: from an import, or edited by a person where there is none."""
    if not courses:
        return
    columns = {
        "catalog_id": [course.catalog_id for course in courses],
        "course_key": [course.course_key for course in courses],
        "import_id": [import_id] * len(courses),
        "saved_by": [by] * len(courses),
        "saved_at": [to_stored_time(now())] * len(courses),
        "content_hash": [course.content_hash for course in courses],
        "course": [
            to_json({field.name: getattr(course, field.name) for field in fields(course)}) for course in courses
        ],
    }
    insert_columns(cursor, queries.ADD_VERSIONS, columns)


def course_of_row(row: tuple[Any, ...]) -> Course:
    """A course from a row with `COURSE_COLUMNS`."""
    values = dict(zip(_COURSE_FIELDS, row, strict=True))
    values["kind"] = CourseKind(values["kind"])
    values["extra"] = from_json(values["extra"])
    return Course(**values)


def course_from_json(text: str) -> Course:
    """A course from a stored version."""
    values = from_json(text)
    return Course(**{**values, "kind": CourseKind(values["kind"])})
