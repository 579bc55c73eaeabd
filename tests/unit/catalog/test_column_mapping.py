import unicodedata

import pytest

from core.catalog.mapping import COURSE_FIELDS, STUDENT_FIELDS, propose_mapping, propose_student_mapping, table_shape
from core.catalog.names import COURSE_NAMES, STUDENT_NAMES, is_field_name
from core.catalog.reading import read_table
from core.catalog.tables import Table


def table_of(columns, *rows) -> Table:
    return Table(tuple(columns), tuple(tuple(row) for row in rows), tuple(range(2, len(rows) + 2)), header_row=1)


def test_every_field_has_names():
    assert set(COURSE_NAMES) | {"title_en"} == set(COURSE_FIELDS)
    assert set(STUDENT_NAMES) == set(STUDENT_FIELDS)


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (
            ("수업 코드", "과목명", "개설학과", "이수구분", "학점", "교과목개요", "대상학년"),
            ("AI101", "인공지능 개론", "컴퓨터학과", "전공필수", "3", "인공지능의 기초를 배운다.", "2학년"),
            ("code", "title", "department", "category", "credits", "description", "level"),
        ),
        (
            ("학수번호", "교과목명(국문)", "교과목명(영문)", "개설학과(전공)", "교과구분", "강의언어", "선수과목"),
            ("AI101", "인공지능", "Artificial Intelligence", "컴퓨터학과", "전선", "한국어", "AI100"),
            ("code", "title", "title_en", "department", "category", "language", "prerequisites"),
        ),
        (
            ("Course ID", "Name", "Subject", "Type", "Credit Hours", "Overview", "Prereqs"),
            ("CS 101", "Intro to Computing", "CS", "Elective", "3.0", "What computers do.", "none"),
            ("code", "title", "department", "category", "credits", "description", "prerequisites"),
        ),
        (
            ("courseCode", "courseTitle", "offeringDept", "instructor name", "courseDescription"),
            ("CS101", "Intro", "Computer Science", "Ada Lovelace", "What computers do."),
            ("code", "title", None, None, "description"),
        ),
        (
            ("course_title", "raw_title", "url", "created_at", "교과/비교과"),
            ("Intro", "INTRO", "https://example.org", "2026-03-02", "비교과"),
            ("title", None, None, None, "kind"),
        ),
        (
            ("프로그램명", "운영부서", "비교과구분", "프로그램 소개", "담당자 전화번호"),
            ("취업 캠프", "취업지원센터", "비교과", "취업을 준비하는 학생을 위한 캠프입니다.", "02-123-4567"),
            ("title", "department", "kind", "description", None),
        ),
    ],
)
def test_columns_are_recognised_by_korean_and_english_names(header, row, expected):
    wanted = {field: name for field, name in zip(expected, header, strict=True) if field}
    found = propose_mapping(table_of(header, row, row)).fields
    assert {field: found.get(field) for field in wanted} == wanted
    unused = [name for field, name in zip(expected, header, strict=True) if not field and "Dept" not in name]
    assert not set(unused) & set(found.values())


def test_columns_are_recognised_in_the_separate_letters_of_macos():
    """Names and values as `unicodedata` calls them decomposed."""
    header = ("학수번호", "교과목명", "개설학과", "교과구분", "대상학년", "강의언어")
    rows = [("AI101", "인공지능", "컴퓨터학과", "전공필수", "2학년", "한국어")] * 2
    decomposed = [[unicodedata.normalize("NFD", cell) for cell in row] for row in (header, *rows)]
    expected = propose_mapping(table_of(header, *rows)).fields
    found = propose_mapping(read_table("\n".join(",".join(row) for row in decomposed).encode(), "c.csv")).fields
    assert found == expected
    assert {"category", "level", "language"} <= set(found)


@pytest.mark.parametrize(("value", "field"), [("비교과", "kind"), ("취업", "category")])
def test_a_type_is_the_kind_where_its_values_say_so(value, field):
    table = table_of(("프로그램명", "운영부서", "프로그램 유형"), *[(f"캠프 {n}", "센터", value) for n in range(4)])
    assert propose_mapping(table).fields[field] == "프로그램 유형"


def test_values_decide_between_two_columns_with_good_names():
    rows = [(f"{100 + n % 4}", f"CS{100 + n}", "2016", f"{n % 4 + 1}학년", f"Topic number {n}") for n in range(20)]
    found = propose_mapping(table_of(("code", "_id", "year", "grade", "title"), *rows)).fields
    assert found["code"] == "_id"  # the same "code" stands at different titles
    assert found["level"] == "grade"  # 2016 is no year of study


def test_a_code_that_two_special_topics_share_stays_a_code():
    rows = [(f"CS{n}", f"Title {n}") for n in range(1000, 1320)]
    rows += [("CS499", "Special Topics: Games"), ("CS499", "Special Topics: Music")]
    assert propose_mapping(table_of(("학수번호", "교과목명"), *rows)).fields["code"] == "학수번호"


@pytest.mark.parametrize(("name", "first_of_music"), [("course number", 1000), ("course number", 1250), ("x", 1250)])
def test_a_number_within_a_subject_is_no_code(name, first_of_music):
    rows = [("Art", str(1000 + n), f"Art {n}") for n in range(300)]
    rows += [("Music", str(first_of_music + n), f"Music {n}") for n in range(300)]
    assert "code" not in propose_mapping(table_of(("department", name, "title"), *rows)).fields


def test_without_names_values_decide():
    text = (
        "CSCI-1100,Computer Science I,4,A first course in the design of programs and ways to reason about them.\n"
        "CSCI-1200,Data Structures,4,Lists and trees and graphs and hash tables and what each costs to keep.\n"
        "MATH-1010,Calculus I,4,Functions of one variable with their limits and derivatives and many uses.\n"
    )
    found = propose_mapping(read_table(text.encode(), "x.csv")).fields
    assert found == {"code": "column_1", "title": "column_2", "credits": "column_3", "description": "column_4"}


def test_the_category_stands_in_for_a_missing_department():
    rows = [(f"Title {n}", "Science" if n % 2 else "Arts", f"group {n % 3}") for n in range(12)]
    found = propose_mapping(table_of(("title", "category", "group"), *rows)).fields
    assert found == {"title": "title", "department": "category", "category": "group"}


def test_no_column_serves_two_fields():
    found = propose_mapping(table_of(("구분", "과목", "학과"), ("전필", "로봇", "기계과"))).fields
    assert len(set(found.values())) == len(found)


def test_a_remembered_mapping_wins_when_its_columns_are_there():
    table = table_of(("a", "title", "b"), ("some", "Robots", "text"))
    assert propose_mapping(table, {"title": "b"}).fields == {"title": "b"}
    assert propose_mapping(table, {"title": " B"}).fields == {"title": "b"}
    assert propose_mapping(table, {"title": "gone"}).fields["title"] == "title"


def test_students_are_mapped():
    header = ("학번", "이름", "소속학과", "학년", "관심분야", "수강이력")
    row = ("20260001", "홍길동", "컴퓨터학과", "3학년", "AI, 로봇", "CS101; CS102")
    found = propose_student_mapping(table_of(header, row)).fields
    assert found == {
        "student_id": "학번",
        "department": "소속학과",
        "year": "학년",
        "interests": "관심분야",
        "history": "수강이력",
    }


def test_students_are_mapped_in_english():
    header = ("Student ID", "Full Name", "Major", "Class Standing", "Topics of Interest", "Completed Courses")
    found = propose_student_mapping(table_of(header, ("1", "A B", "CS", "junior", "AI", "CS1"))).fields
    assert tuple(found) == STUDENT_FIELDS[:-1]  # no term
    assert "Full Name" not in found.values()


def test_the_shape_knows_names_but_not_order_or_spaces():
    assert table_shape(table_of(("Title", "학수 번호"))) == table_shape(table_of(("학수번호", "title")))
    assert table_shape(table_of(("title",))) != table_shape(table_of(("title", "code")))


@pytest.mark.parametrize(
    "text", ["", "AI101", "인공지능의 기초를 배운다.", "12", "https://example.org/title", "title " * 20]
)
def test_a_value_is_not_taken_for_a_name(text):
    assert not is_field_name(text)
