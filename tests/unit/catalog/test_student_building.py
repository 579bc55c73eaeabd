import pytest

from core.catalog.mapping import ColumnMapping
from core.catalog.students import build_students, parse_year, split_list
from core.catalog.tables import Table
from core.errors import IntakeError
from core.records import Severity

KNOWN = {"CS101": "CS101", "Robots": "ME200", "Bread, and Wine": "FD1"}


def build(columns: str, *rows: tuple[str, ...], known=KNOWN):
    names = tuple(columns.split(","))
    table = Table(names, rows, tuple(range(2, len(rows) + 2)), header_row=1)
    fields = ("student_id", "department", "year", "interests", "history")
    return build_students(table, ColumnMapping({name: name for name in fields if name in names}), known)


def keys(intake) -> list[tuple[str, int | None]]:
    return [(problem.message.key.rpartition(".")[2], problem.row_number) for problem in intake.problems]


def test_a_row_becomes_a_student():
    intake = build(
        "student_id,department,year,interests,history,campus",
        ("007", "Computer&nbsp;Science", "3학년", "AI, 로봇 / ai", "CS101; robots", "North"),
    )
    student = intake.students[0]
    assert (student.student_id, student.department, student.year) == ("007", "Computer Science", 3)
    assert student.interests == ("AI", "로봇")
    assert student.taken_course_keys == ("CS101", "ME200")
    assert keys(intake) == [("columns_not_needed", None)]


@pytest.mark.parametrize(
    ("cell", "year"),
    [
        ("3", 3),
        ("3.0", 3),
        ("3학년", 3),
        ("3 학년", 3),
        ("Year 2", 2),
        ("2nd year", 2),
        ("junior", 3),
        ("Senior year", 4),
        ("", None),
        ("석사", None),
        ("0", None),
        ("2024", None),
    ],
)
def test_years_are_understood_in_many_forms(cell, year):
    assert parse_year(cell) == year


def test_an_odd_year_is_reported_and_left_empty():
    intake = build("student_id,year", ("1", "unknown"), ("2", ""))
    assert [student.year for student in intake.students] == [None, None]
    assert keys(intake) == [("odd_year", 2)]


@pytest.mark.parametrize("sign", [", ", "; ", "|", " / ", "·", "ㆍ", "\n"])
def test_interests_are_cut_at_each_usual_sign(sign):
    assert split_list(f"AI{sign}데이터{sign}AI") == ("AI", "데이터")


def test_missing_and_repeated_ids_are_reported_and_left_out():
    intake = build("student_id,department", ("1", "CS"), ("", "ME"), ("1", "EE"))
    assert [student.department for student in intake.students] == ["CS"]
    assert keys(intake) == [("student_without_id", 3), ("student_repeated", 4)]
    assert all(problem.severity is Severity.HARD for problem in intake.problems)


def test_history_finds_titles_with_commas_and_counts_what_is_unknown():
    intake = build(
        "student_id,history", ("1", "Bread, and Wine"), ("2", "CS101, XX9"), ("3", "XX9|cs 101|CS101"), ("4", "")
    )
    assert [student.taken_course_keys for student in intake.students] == [("FD1",), ("CS101",), ("CS101",), ()]
    assert keys(intake) == [("unknown_course", 3)]
    assert intake.problems[0].value == "XX9"
    assert intake.problems[0].message.params == {"count": 2}


def test_columns_that_nothing_needs_are_named_and_nothing_of_them_is_kept():
    intake = build("student_id,Legal name,E-mail,GPA,department", ("1", "Minsu Kim", "a@b.kr", "3.1", "CS"))
    (problem,) = intake.problems
    assert (problem.severity, problem.value) == (Severity.NOTE, "")
    assert problem.message.params == {"columns": "Legal name, E-mail, GPA"}
    assert not any(secret in repr(intake.students) for secret in ("Minsu", "a@b.kr", "3.1"))


@pytest.mark.parametrize("private", ["900101-1234567", "010-1234-5678", "kim@example.ac.kr"])
def test_an_id_that_is_really_personal_data_is_refused(private):
    intake = build("student_id,year", ("1", "1"), (private, "2"))
    assert len(intake.students) == 1
    assert keys(intake) == [("student_id_private", 3)]
    assert intake.problems[0].value == ""


def test_a_table_without_ids_is_refused():
    with pytest.raises(IntakeError, match="choose one"):
        build("year", ("1",))
    with pytest.raises(IntakeError, match="no usable student id"):
        build("student_id", ("",))
