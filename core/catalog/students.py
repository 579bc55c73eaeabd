"""Turns the rows of a table into students, without importing who they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.catalog.mapping import ColumnMapping
from core.catalog.privacy import is_private_value
from core.catalog.tables import ProblemList, Table
from core.catalog.taken import History
from core.catalog.text import clean_line, clean_text
from core.errors import IntakeError
from core.records import Problem, Student

_LIST_SIGNS = re.compile(r"[,;|/\n、·ㆍ・]")
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

    A student may stand in one row with all courses, or in a row for each enrolment: further rows add their courses.
    Every other column (names, second numbers, grades, notes, ...) is left out and reported by its name.
    Raises IntakeError when no column is mapped to the id, or no row has one.
    """
    fields = {field: table.columns.index(name) for field, name in mapping.fields.items() if name in table.columns}
    if "student_id" not in fields:
        raise IntakeError("intake.error.no_student_id_column")
    problems = ProblemList()
    problems.extend(table.problems)
    _report_left_out(table, fields, problems)
    history = History(known_courses, mapping.fields.get("history", ""), mapping.fields.get("term", ""))
    drafts: dict[str, _Draft] = {}
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        student_id = _student_id(row[fields["student_id"]], number, mapping.fields["student_id"], problems)
        if not student_id:
            continue
        cells = {field: row[position] for field, position in fields.items()}
        first = drafts.get(student_id)
        if first is not None and not cells.get("history", "").strip():
            column = mapping.fields["student_id"]
            problems.add("student_repeated", number, column, student_id, first=first.row_number)
            continue
        draft = _Draft(
            number,
            clean_line(cells.get("department", "")),
            _year(cells.get("year", ""), number, mapping.fields.get("year", ""), problems),
            split_list(cells.get("interests", "")),
            history.taken(cells.get("history", ""), cells.get("term", ""), number),
        )
        if first is None:
            drafts[student_id] = draft
        elif first.takes_in(draft):
            problems.add("student_differs", number, mapping.fields["student_id"], student_id, first=first.row_number)
    if not drafts:
        raise IntakeError("intake.error.no_student_ids", column=mapping.fields["student_id"])
    history.report(problems)
    return StudentIntake(tuple(it.student(student_id) for student_id, it in drafts.items()), problems.as_tuple())


@dataclass(slots=True)
class _Draft:
    """What the rows read so far say about a student."""

    row_number: int
    department: str
    year: int | None
    interests: tuple[str, ...]
    taken: dict[str, str]  # course key -> date or ""

    def takes_in(self, other: _Draft) -> bool:
        """Add the courses of a further row, fill what was empty; whether it contradicts what was there.

        Of different years of study the highest counts: an enrolment may carry the year of its own time.
        """
        differs = bool(other.department and self.department and other.department != self.department)
        differs |= bool(other.interests and self.interests and other.interests != self.interests)
        self.department = self.department or other.department
        self.interests = self.interests or other.interests
        self.year = max((year for year in (self.year, other.year) if year is not None), default=None)
        for key, day in other.taken.items():
            self.taken[key] = min(filter(None, (day, self.taken.get(key, ""))), default="")
        return differs

    def student(self, student_id: str) -> Student:
        """The student of all rows; courses in the order in which they were taken, as far as that is known."""
        taken = sorted(self.taken.items(), key=lambda item: item[1])
        dates = tuple(day for _, day in taken)
        return Student(
            student_id=student_id,
            department=self.department,
            year=self.year,
            interests=self.interests,
            taken_course_keys=tuple(key for key, _ in taken),
            taken_on=dates if any(dates) else (),
        )


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


def _report_left_out(table: Table, fields: Mapping[str, int], problems: ProblemList) -> None:
    """Name the columns that nothing here needs: what is not stored cannot say who somebody is."""
    left_out = [name for position, name in enumerate(table.columns) if position not in fields.values()]
    if left_out:
        problems.add("columns_not_needed", columns=", ".join(left_out))


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
