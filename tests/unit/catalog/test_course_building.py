import json
from dataclasses import replace

import pytest

from core.catalog.courses import build_courses, content_hash
from core.catalog.mapping import ColumnMapping
from core.catalog.tables import Table
from core.errors import IntakeError
from core.records import CourseKind, Severity


def table_of(columns: str, *rows: str) -> Table:
    names = tuple(columns.split(","))
    cells = tuple(tuple(row.split(",")) for row in rows)
    return Table(names, cells, tuple(range(2, len(rows) + 2)), header_row=1)


def build(columns: str, *rows: str, **options):
    named = [name for name in columns.split(",") if not name.startswith("x")]
    return build_courses(table_of(columns, *rows), ColumnMapping({name: name for name in named}), **options)


def keys(intake) -> list[tuple[str, int | None]]:
    return [(problem.message.key.rpartition(".")[2], problem.row_number) for problem in intake.problems]


def test_texts_are_cleaned_and_the_raw_description_kept():
    course = build("code,title,description", " A1\u200b ,<b>Art &amp; Design</b>,<p>One</p><p>Two</p>").courses[0]
    assert (course.code, course.course_key, course.title) == ("A1", "A1", "Art & Design")
    assert course.description == "One\nTwo"
    assert course.description_raw == "<p>One</p><p>Two</p>"
    assert course.row_number == 2


def test_every_other_column_is_kept_as_it_came():
    course = build("code,title,x note,x empty", "A1,One,<b> raw ,").courses[0]
    assert course.extra == {"x note": "<b> raw ", "x empty": ""}


def test_a_row_without_a_title_is_left_out_and_the_rest_kept():
    intake = build("code,title", "A1,One", "A2,", "A3,Three")
    assert [course.code for course in intake.courses] == ["A1", "A3"]
    assert keys(intake) == [("no_title", 3)]
    assert intake.problems[0].severity is Severity.HARD


def test_an_english_title_serves_where_the_other_is_missing():
    assert build("code,title,title_en", "A1,,Robots").courses[0].title == "Robots"


def test_sections_of_one_course_are_merged_and_kept():
    columns = "code,title,department,credits,x section,x room"
    rows = ("A1,One,,3,001,R1", "A1,One,Physics,3,002,R1", "A2,Two,Arts,2,001,R9")
    intake = build(columns, *rows)
    first, second = intake.courses
    assert (intake.section_groups, intake.merged_rows) == (1, 1)
    assert (first.department, first.row_number) == ("Physics", 2)
    assert json.loads(first.extra["sections"]) == [
        {"row": 2, "department": "", "x section": "001"},
        {"row": 3, "department": "Physics", "x section": "002"},
    ]
    assert first.extra["x room"] == "R1"
    assert "sections" not in second.extra


def test_merging_can_be_declined():
    intake = build("code,title,x section", "A1,One,001", "A1,One,002", merge_sections=False)
    assert [course.course_key for course in intake.courses] == ["A1", "A1#2"]
    assert (intake.section_groups, intake.merged_rows) == (1, 0)
    assert keys(intake) == [("repeated_code", 3)]


def test_one_code_with_different_titles_is_reported_and_both_are_kept():
    intake = build("code,title", "A1,One", "A1,Other", "A1#2,Trap", "A1,Third")
    assert [course.course_key for course in intake.courses] == ["A1", "A1#3", "A1#2", "A1#4"]
    assert [course.code for course in intake.courses] == ["A1", "A1", "A1#2", "A1"]
    assert keys(intake) == [("repeated_code", 3), ("repeated_code", 5)]


def test_rows_that_repeat_another_exactly_are_dropped_and_reported():
    intake = build("title,department,x url", "One,CS,u", "One,CS,u", "One,CS,v")
    assert len(intake.courses) == 2
    assert keys(intake) == [("same_row_again", 3), ("repeated_title", 4)]


def test_without_a_code_title_and_department_identify_a_course():
    first = build("title,department", "One,CS", "One,ME").courses
    again = build("department,title", "cs,one").courses
    assert first[0].course_key != first[1].course_key
    assert first[0].course_key == again[0].course_key


@pytest.mark.parametrize(
    ("columns", "row", "kind"),
    [
        ("title,category", "Camp,비교과", CourseKind.ACTIVITY),
        ("title,kind", "Camp,Extra-curricular", CourseKind.ACTIVITY),
        ("title,kind", "Camp,activity", CourseKind.ACTIVITY),
        ("title,kind", "Robots,교과", CourseKind.COURSE),
        ("title,category", "Robots,전공선택", CourseKind.COURSE),
        ("title,category", "Robots,교과/비교과", CourseKind.COURSE),
        ("title", "Robots", CourseKind.COURSE),
    ],
)
def test_activities_are_told_from_courses(columns, row, kind):
    assert build(columns, row).courses[0].kind is kind


@pytest.mark.parametrize(
    ("row", "language"), [("로봇,English", "en"), ("Robots,한국어", "ko"), ("로봇,", "ko"), ("Robots,독일어", "en")]
)
def test_a_stated_language_wins_over_the_letters(row, language):
    assert build("title,language", row).courses[0].language == language


@pytest.mark.parametrize(
    ("given", "kept", "reported"),
    [
        ("3.0", "3", 0),
        ("1.5", "1.5", 0),
        ("10.05", "10.05", 0),
        ("3.00-1.025", "3-1.025", 0),
        ("3-2-2", "3-2-2", 0),
        ("세 학점", "세 학점", 1),
    ],
)
def test_credits_lose_an_empty_fraction_and_odd_ones_are_reported(given, kept, reported):
    intake = build("title,credits", f"One,{given}")
    assert intake.courses[0].credits == kept
    assert len(intake.problems) == reported


def test_doubtful_rows_are_kept_and_reported():
    intake = build("code,title,description", ",One,x", "A2,Two,caf\ufffd", f"A3,{'long ' * 80},x")
    assert len(intake.courses) == 3
    assert keys(intake) == [("no_code", 2), ("unreadable_characters", 3), ("long_title", 4)]


def test_the_content_hash_follows_what_is_read_and_nothing_else():
    course = build("code,title,description,x note", "A1,One,text,n").courses[0]
    assert course.content_hash == content_hash(course)
    assert content_hash(replace(course, extra={}, row_number=9, course_key="k")) == course.content_hash
    for field in ("title", "title_en", "department", "category", "level", "credits", "language", "description"):
        assert content_hash(replace(course, **{field: "other"})) != course.content_hash
    assert content_hash(replace(course, title="Onet", description="ext")) != course.content_hash


def test_a_table_without_titles_is_refused():
    table = table_of("code,title", "A1,")
    with pytest.raises(IntakeError, match="choose one"):
        build_courses(table, ColumnMapping({"code": "code"}))
    with pytest.raises(IntakeError, match="“title” is empty"):
        build_courses(table, ColumnMapping({"title": "title"}))


def test_no_field_has_endless_accents_not_even_one_that_is_kept_as_it_came():
    """The checks of drafts and the Review page normalise all of them, which takes quadratic time."""
    course = build("code,title,x note", "A1,One,=e" + "\u0315\u0316" * 1000).courses[0]
    assert course.extra["x note"] == "=e" + "\u0315\u0316" * 15
