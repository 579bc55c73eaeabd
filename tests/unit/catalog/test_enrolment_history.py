"""Courses with the time when they were taken: in one cell, or one row for each enrolment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.mapping import ColumnMapping, propose_student_mapping
from core.catalog.reading import read_table
from core.catalog.students import StudentIntake, build_students
from core.catalog.tables import Table
from core.catalog.terms import parse_term
from core.config import PROJECT_FOLDER

KNOWN = {"CS101": "CS101", "ME200": "ME200", "Logic (formal)": "LO1"}
FIELDS = ("student_id", "department", "year", "interests", "history", "term")


def build(columns: str, *rows: tuple[str, ...]) -> StudentIntake:
    names = tuple(columns.split(","))
    table = Table(names, rows, tuple(range(2, len(rows) + 2)), header_row=1)
    return build_students(table, ColumnMapping({name: name for name in FIELDS if name in names}), KNOWN)


def keys(intake: StudentIntake) -> list[tuple[str, int | None]]:
    return [(problem.message.key.rpartition(".")[2], problem.row_number) for problem in intake.problems]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-1", "2025-03-01"),
        ("2025/2", "2025-09-01"),
        ("20251", "2025-03-01"),
        ("2025학년도 1학기", "2025-03-01"),
        ("2024년 2학기", "2024-09-01"),
        ("2024 여름계절학기", "2024-06-01"),
        ("2024-W", "2024-12-01"),
        ("Fall 2024", "2024-09-01"),
        ("2023 Spring", "2023-03-01"),
        ("2013J", "2013-10-01"),
        ("2014B", "2014-02-01"),
        ("2024-09-02", "2024-09-02"),
        ("2024. 9. 2.", "2024-09-02"),
        ("20240902", "2024-09-02"),
        ("2024-09-02T08:00:00", "2024-09-02"),
        ("202409", "2024-09-01"),
        ("2024", "2024-01-01"),
        ("2024-13", ""),
        ("2024-02-31", ""),
        ("3", ""),
        ("winter", ""),
        ("", ""),
    ],
)
def test_terms_are_understood_in_many_forms(cell: str, day: str) -> None:
    assert parse_term(cell) == day


@given(st.dates(), st.sampled_from(["{:%Y-%m-%d}", "{:%Y.%m.%d}", "{:%Y%m%d}", "{0.year}년 {0.month}월 {0.day}일"]))
def test_every_date_of_this_age_comes_out_as_it_went_in(day, form: str) -> None:
    assert parse_term(form.format(day)) == (day.isoformat() if 1900 <= day.year < 2100 else "")


@given(st.text())
def test_any_text_is_a_date_or_nothing(text: str) -> None:
    assert parse_term(text) == "" or len(parse_term(text)) == len("2025-03-01")


def test_a_course_in_a_cell_may_carry_its_term() -> None:
    intake = build("student_id,history", ("1", "ME200@2025-1; CS101 (2024-2); Logic (formal)"), ("2", "CS101"))
    assert intake.students[0].taken_course_keys == ("LO1", "CS101", "ME200")  # by date, those without one first
    assert intake.students[0].taken_on == ("", "2024-09-01", "2025-03-01")
    assert intake.students[1].taken_on == ()
    assert not intake.problems


def test_rows_of_one_student_add_up_their_courses() -> None:
    intake = build(
        "student_id,department,year,history,term",
        ("1", "CS", "1", "CS101", "2024-1"),
        ("2", "ME", "2", "ME200", "2024-1"),
        ("1", "", "2", "ME200", "2025-1"),
        ("1", "CS", "2", "CS101", "2023-2"),  # once more: the first time counts
    )
    first = intake.students[0]
    assert (first.department, first.year) == ("CS", 2)
    assert dict(zip(first.taken_course_keys, first.taken_on, strict=True)) == {
        "CS101": "2023-09-01",
        "ME200": "2025-03-01",
    }
    assert [student.student_id for student in intake.students] == ["1", "2"]
    assert not intake.problems


def test_rows_that_contradict_each_other_are_told() -> None:
    intake = build(
        "student_id,department,history,term", ("1", "CS", "CS101", "2024-1"), ("1", "ME", "ME200", "someday")
    )
    assert (intake.students[0].department, intake.students[0].taken_on) == ("CS", ("", "2024-03-01"))
    assert keys(intake) == [("student_differs", 3), ("odd_term", 3)]


def test_enrolments_of_the_open_university_are_mapped_and_joined() -> None:
    folder = PROJECT_FOLDER / "tests" / "data"
    table = read_table((folder / "oulad_enrolments.csv").read_bytes(), "oulad_enrolments.csv")
    mapping = propose_student_mapping(table)
    assert dict(mapping.fields) == {
        "student_id": "id_student",
        "history": "code_module",
        "term": "code_presentation",
    }
    intake = build_students(table, mapping, {name: name for name in ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG")})
    assert len(intake.students) == 600
    assert sum(len(student.taken_course_keys) >= 2 for student in intake.students) == 300
    assert {day for student in intake.students for day in student.taken_on} == {
        "2013-02-01",
        "2013-10-01",
        "2014-02-01",
        "2014-10-01",
    }


def test_what_stands_in_brackets_behind_a_course_and_is_no_term_is_reported():
    """The name before it is the course's, but it may be another course: "CS101 (honours)"."""
    intake = build("student_id,history", ("S1", "CS101 (honours)"), ("S2", "ME200@2025-7; CS101@2025-1"))
    assert [student.taken_course_keys for student in intake.students] == [("CS101",), ("ME200", "CS101")]
    odd = [(problem.row_number, problem.column, problem.value) for problem in intake.problems]
    assert odd == [(2, "history", "honours"), (3, "history", "2025-7")]
