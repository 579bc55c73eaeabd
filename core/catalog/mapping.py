"""Proposes which column of an uploaded table is which field, from the names and from the values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.catalog.names import COURSE_NAMES, STUDENT_NAMES, FieldNames, score_name
from core.catalog.own_export import is_added
from core.catalog.tables import Table
from core.catalog.values import SAMPLE_ROWS, ColumnProfile, fit_of, profile_column

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
STUDENT_FIELDS = ("student_id", "department", "year", "interests", "history", "term")

_MIN_SCORE = 0.3  # name times fit
_LONG_TEXT = 60  # characters on average: prose rather than a label
_FEW_VALUES = 0.3  # distinct / filled: a column that groups rows


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds which field; fields without a column are absent."""

    fields: Mapping[str, str]


def propose_mapping(table: Table, remembered: Mapping[str, str] | None = None) -> ColumnMapping:
    """The likeliest mapping of a catalog; a remembered one wins when the table has all its columns.

    Columns that an export of this app added are never proposed: their texts are not the departments' own.
    """
    recalled = _recall(table, remembered or {})
    if recalled:
        return ColumnMapping(recalled)
    profiles = _profiles(table)
    fields = _assign(COURSE_FIELDS, COURSE_NAMES, profiles)
    if "title" in fields:
        # only with the titles known can the values tell a course's code from its number within a subject
        profiles = _profiles(table, fields["title"])
        fields = _assign(COURSE_FIELDS, COURSE_NAMES, profiles)
    _add_by_values(fields, profiles, has_header=table.header_row is not None or "json" in table.format)
    if "department" not in fields and "category" in fields:
        # recommendations need some grouping of the courses, and the category is the only one there
        fields["department"] = fields.pop("category")
        second = _best_column("category", COURSE_NAMES, profiles, taken=set(fields.values()))
        fields.update({"category": second} if second else {})
    return ColumnMapping(_in_order(fields, COURSE_FIELDS))


def propose_student_mapping(table: Table, remembered: Mapping[str, str] | None = None) -> ColumnMapping:
    """The likeliest mapping of a list of students; a remembered one wins when the table has all its columns."""
    recalled = _recall(table, remembered or {})
    if recalled:
        return ColumnMapping(recalled)
    profiles = _profiles(table)
    fields = _assign(STUDENT_FIELDS, STUDENT_NAMES, profiles)
    if "student_id" not in fields:
        free = [name for name in profiles if name not in fields.values()]
        unique = [name for name in free if profiles[name].distinct == 1.0 and profiles[name].share("code") > 0.9]
        fields.update({"student_id": unique[0]} if unique else {})
    return ColumnMapping(_in_order(fields, STUDENT_FIELDS))


def table_shape(table: Table) -> str:
    """A hash of the column names: equal for the next file of the same shape."""
    names = sorted(map(_plain, table.columns))
    return hashlib.sha256(json.dumps(names, ensure_ascii=False).encode()).hexdigest()


def _recall(table: Table, remembered: Mapping[str, str]) -> dict[str, str]:
    """A remembered mapping in the names of this table; empty when a column is missing."""
    columns = {_plain(name): name for name in table.columns}
    if any(_plain(name) not in columns for name in remembered.values()):
        return {}
    return {field: columns[_plain(name)] for field, name in remembered.items()}


def _plain(name: str) -> str:
    return "".join(name.casefold().split())


def _profiles(table: Table, title_column: str = "") -> dict[str, ColumnProfile]:
    step = max(1, len(table.rows) // SAMPLE_ROWS)  # from the whole file: its beginning is often special
    rows = table.rows[::step]
    titles = [row[table.columns.index(title_column)] for row in rows] if title_column else []
    return {
        name: profile_column([row[i] for row in rows], titles)
        for i, name in enumerate(table.columns)
        if not is_added(name)
    }


def _assign(fields: Sequence[str], names: FieldNames, profiles: Mapping[str, ColumnProfile]) -> dict[str, str]:
    """Fields with the column that fits best, best pairs first, every column once."""
    scored = [
        (score_name(field, column, names) * fit_of(field, profile), field, column)
        for field in fields
        for column, profile in profiles.items()
    ]
    assigned: dict[str, str] = {}
    for score, field, column in sorted(scored, key=lambda item: -item[0]):
        if score >= _MIN_SCORE and field not in assigned and column not in assigned.values():
            assigned[field] = column
    return assigned


def _best_column(field: str, names: FieldNames, profiles: Mapping[str, ColumnProfile], taken: set[str]) -> str | None:
    free = [column for column in profiles if column not in taken]
    scores = {column: score_name(field, column, names) * fit_of(field, profiles[column]) for column in free}
    best = max(scores, key=lambda column: scores[column], default="")
    return best if scores.get(best, 0.0) >= _MIN_SCORE else None


def _add_by_values(fields: dict[str, str], profiles: Mapping[str, ColumnProfile], has_header: bool) -> None:
    """Recognise columns whose names say nothing. With a header only where the values leave little doubt."""
    evidence = {
        "description": lambda p: p.mean_length if p.mean_length >= _LONG_TEXT and p.share("number") < 0.1 else 0,
        "code": lambda p: (
            p.share("code")
            if p.share("code") > 0.8
            and p.names_one_title > 0.9
            and p.distinct > 0.5
            and p.mean_length > 3
            and p.share("date") < 0.5
            else 0
        ),
        "title": lambda p: p.distinct if 3 <= p.mean_length < _LONG_TEXT and p.distinct > 0.3 else 0,
        "category": lambda p: p.share("category") if p.share("category") > 0.25 and p.distinct < _FEW_VALUES else 0,
    }
    if not has_header:
        evidence |= {
            "kind": lambda p: p.share("kind") if p.share("kind") > 0.9 else 0,
            "language": lambda p: p.share("language") if p.share("language") > 0.9 else 0,
            "credits": lambda p: p.share("credits") if p.share("credits") > 0.9 and p.mean_length <= 4 else 0,
            "level": lambda p: p.share("level") if p.share("level") > 0.9 and p.mean_length > 1 else 0,
            "department": lambda p: p.share("department") + 0.1 if p.distinct <= 0.5 and 2 <= p.mean_length < 40 else 0,
        }
    for field, strength in evidence.items():
        if field in fields:
            continue
        free = [name for name in profiles if name not in fields.values() and fit_of(field, profiles[name]) > 0]
        best = max(free, key=lambda name: strength(profiles[name]), default="")
        if best and strength(profiles[best]) > 0:
            fields[field] = best


def _in_order(fields: Mapping[str, str], order: Sequence[str]) -> dict[str, str]:
    return {field: fields[field] for field in order if field in fields}
