"""Turns the rows of a table into students, without importing who they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.catalog.mapping import ColumnMapping
from core.catalog.privacy import is_personal_column, is_private_value
from core.catalog.tables import ProblemList, Table
from core.catalog.text import clean_line, clean_text
from core.errors import IntakeError
from core.records import Problem, Student

_LIST_SIGNS = re.compile(r"[,;|/\n、·ㆍ・]")
_HISTORY_SIGNS = (re.compile(r"[;|\n]"), re.compile(r"[,、]"))  # titles hold commas more often than semicolons
_NUMBER = re.compile(
    r"(?:year|level|grade|class)?\s*(\d{1,2})(?:\.0+)?\s*(?:학년.*|st|nd|rd|th|year.*)?(?:\s*year)?", re.I
)
_YEAR_WORDS = {
    "freshman": 1,
    "first": 1,
    "sophomore": 2,
    "second": 2,
    "junior": 3,
    "third": 3,
    "senior": 4,
    "fourth": 4,
}
_MAX_YEAR = 10


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
    fields = {field: table.columns.index(name) for field, name in mapping.fields.items() if name in table.columns}
    if "student_id" not in fields:
        raise IntakeError("intake.error.no_student_id_column")
    problems = ProblemList()
    problems.extend(table.problems)
    extra = _extra_columns(table, fields, problems)
    history = _History(known_courses, mapping.fields.get("history", ""))
    students: dict[str, Student] = {}
    first_rows: dict[str, int] = {}
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        student_id = _student_id(row[fields["student_id"]], number, mapping.fields["student_id"], problems)
        if student_id in students:
            first = first_rows[student_id]
            problems.add("student_repeated", number, mapping.fields["student_id"], student_id, first=first)
        elif student_id:
            cells = {field: row[position] for field, position in fields.items()}
            year = _year(cells.get("year", ""), number, mapping.fields.get("year", ""), problems)
            students[student_id] = Student(
                student_id=student_id,
                department=clean_line(cells.get("department", "")),
                year=year,
                interests=split_list(cells.get("interests", "")),
                taken_course_keys=history.keys_of(cells.get("history", ""), number),
                extra={name: row[position] for name, position in extra.items()},
            )
            first_rows[student_id] = number
    if not students:
        raise IntakeError("intake.error.no_student_ids", column=mapping.fields["student_id"])
    history.report(problems)
    return StudentIntake(tuple(students.values()), problems.as_tuple())


def split_list(cell: str) -> tuple[str, ...]:
    """The different entries of a cell like "AI, 데이터 / 로봇", in order."""
    entries = (clean_line(part) for part in _LIST_SIGNS.split(clean_text(cell)))
    unique: dict[str, str] = {}
    for entry in entries:
        if entry:
            unique.setdefault(entry.casefold(), entry)
    return tuple(unique.values())


def parse_year(cell: str) -> int | None:
    """The year of study in "3", "3학년", "3.0", "Year 3", "3rd year" or "junior"; None when there is none."""
    text = clean_line(cell).casefold()
    match = _NUMBER.fullmatch(text)
    year = int(match.group(1)) if match else _YEAR_WORDS.get(text.removesuffix(" year"), 0)
    return year if 1 <= year <= _MAX_YEAR else None


def _extra_columns(table: Table, fields: Mapping[str, int], problems: ProblemList) -> dict[str, int]:
    """The other columns to keep; those that say who somebody is are reported, without their values."""
    kept = {}
    for position, name in enumerate(table.columns):
        if position in fields.values():
            continue
        if is_personal_column(name, [row[position] for row in table.rows]):
            problems.add("personal_column", column=name)
        else:
            kept[name] = position
    return kept


def _student_id(cell: str, number: int, column: str, problems: ProblemList) -> str:
    student_id = clean_line(cell)
    if not student_id:
        problems.add("student_without_id", number, column)
    elif is_private_value(student_id):
        problems.add("student_id_private", number, column)  # not the value: it is the very thing to keep out
        return ""
    return student_id


def _year(cell: str, number: int, column: str, problems: ProblemList) -> int | None:
    year = parse_year(cell)
    if year is None and cell.strip():
        problems.add("odd_year", number, column, cell.strip())
    return year


class _History:
    """Finds the courses that students have taken, and remembers what it could not find."""

    def __init__(self, known_courses: Mapping[str, str], column: str) -> None:
        self._known = {_comparable(name): key for name, key in known_courses.items()}
        self._column = column
        self._unknown: dict[str, list[int]] = {}

    def keys_of(self, cell: str, row_number: int) -> tuple[str, ...]:
        """Course keys of a cell: the whole cell as one name first, then cut at ever more signs."""
        keys = self._find(clean_text(cell), _HISTORY_SIGNS, row_number)
        return tuple(dict.fromkeys(keys))

    def _find(self, text: str, signs: Sequence[re.Pattern[str]], row_number: int) -> list[str]:
        name = _comparable(text)
        if not name:
            return []
        if name in self._known:
            return [self._known[name]]
        if not signs:
            self._unknown.setdefault(text.strip(), []).append(row_number)
            return []
        return [key for part in signs[0].split(text) for key in self._find(part, signs[1:], row_number)]

    def report(self, problems: ProblemList) -> None:
        """One problem for each name that is no course, however many students have it."""
        for name, rows in self._unknown.items():
            problems.add("unknown_course", rows[0], self._column, name, count=len(rows))


def _comparable(name: str) -> str:
    return "".join(clean_line(name).casefold().split())
