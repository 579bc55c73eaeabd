"""The files that ship are read with the right mapping, without a hand, and stay so when people mangle them."""

import csv
import importlib.util
import io
import json
import random
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from core.catalog.courses import build_courses
from core.catalog.mapping import propose_mapping, propose_student_mapping
from core.catalog.reading import read_table
from core.catalog.students import build_students
from core.catalog.tables import Table
from core.config import DATA_FOLDER

RPI, MCGILL, FREE, SNU = (
    "en_rpi_catalog.csv",
    "en_mcgill_courses.json",
    "ko_free_courses.csv",
    "ko_snu_2016_lectures.json",
)
EXPECTED = {
    RPI: {
        "code": "course_id",
        "title": "title",
        "department": "subject",
        "description": "description",
        "prerequisites": "prerequisites",
    },
    MCGILL: {
        "code": "_id",
        "title": "title",
        "department": "department",
        "credits": "credits",
        "description": "description",
        "prerequisites": "prerequisites",
    },
    FREE: {"title": "title", "department": "category"},
    SNU: {
        "code": "course_number",
        "title": "course_title",
        "department": "department",
        "category": "classification",
        "level": "academic_year",
        "credits": "credit",
    },
}
ROWS = {RPI: 2720, MCGILL: 314, FREE: 100, SNU: 153}
COURSES = {RPI: 2720, MCGILL: 314, FREE: 100, SNU: 125}


def read_sample(name: str) -> Table:
    return read_table((DATA_FOLDER / name).read_bytes(), name)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_read_and_mapped_right(name):
    table = read_sample(name)
    assert len(table.rows) == ROWS[name]
    assert not table.problems
    mapping = propose_mapping(table)
    assert dict(mapping.fields) == EXPECTED[name]
    courses = build_courses(table, mapping).courses
    assert len(courses) == len({course.course_key for course in courses}) == COURSES[name]


def test_samples_give_the_courses_that_their_files_hold():
    rpi = {c.code: c for c in build_courses(read_sample(RPI), propose_mapping(read_sample(RPI))).courses}
    assert rpi["CHME-2010"].title == "Material, Energy & Entropy Bal"
    assert sum(not course.description for course in rpi.values()) == 400
    assert {course.language for course in rpi.values()} == {"en"}
    snu = build_courses(read_sample(SNU), propose_mapping(read_sample(SNU)))
    assert (snu.section_groups, snu.merged_rows) == (12, 28)
    writing = next(course for course in snu.courses if course.code == "031.001")
    assert (writing.title, writing.language, writing.credits, writing.level) == ("글쓰기의 기초", "ko", "3", "1학년")
    assert len(json.loads(writing.extra["sections"])) > 1
    mcgill = {c.code: c for c in build_courses(read_sample(MCGILL), propose_mapping(read_sample(MCGILL))).courses}
    assert mcgill["MATH248"].prerequisites == "MATH 133 | MATH 222"
    assert any(course.department == "Art History & Communications" for course in mcgill.values())


SAMPLES = {name: read_sample(name) for name in EXPECTED}


def as_delimited(table: Table, delimiter: str, encoding: str, quoting: int, titles: int, tail: int) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)
    for number in range(titles):
        writer.writerow([f"Course list {number}"])
    writer.writerow([*table.columns, *[""] * tail])
    writer.writerows([*row, *[""] * tail] for row in table.rows)
    text = out.getvalue()
    if encoding == "cp949":  # the few signs that CP949 lacks
        text = text.encode("cp949", "replace").decode("cp949")
    return text.encode(encoding)


@pytest.mark.parametrize("name", EXPECTED)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "cp949", "utf-16")),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)),
    titles=st.integers(0, 3),
    tail=st.integers(0, 2),
    seed=st.integers(0, 1_000),
    start=st.integers(0, 60),
)
def test_a_mangled_sample_is_mapped_as_the_original(name, delimiter, encoding, quoting, titles, tail, seed, start):
    original = SAMPLES[name]
    positions = list(range(len(original.columns)))
    random.Random(seed).shuffle(positions)
    mangled = Table(
        tuple(original.columns[i] for i in positions),
        tuple(tuple(row[i] for i in positions) for row in original.rows[start : start + 90]),
        original.row_numbers[start : start + 90],
    )
    table = read_table(as_delimited(mangled, delimiter, encoding, quoting, titles, tail), "courses.txt")
    assert table.columns == tuple(name for name in mangled.columns if name)
    if encoding != "cp949":
        assert table.rows == mangled.rows
    assert dict(propose_mapping(table).fields) == EXPECTED[name]


@pytest.mark.parametrize("name", [FREE, SNU])
def test_a_sample_saved_as_a_workbook_or_as_json_lines_is_read_the_same(name):
    original = SAMPLES[name]
    workbook = Workbook()
    for row in (original.columns, *original.rows):
        workbook.active.append(row)
    out = io.BytesIO()
    workbook.save(out)
    lines = "\n".join(json.dumps(dict(zip(original.columns, row, strict=True))) for row in original.rows)
    for content in (out.getvalue(), lines.encode()):
        table = read_table(content, "upload")
        assert (table.columns, table.rows) == (original.columns, original.rows)


def test_the_synthetic_students_fit_the_catalog_and_say_that_they_are_synthetic():
    table = read_sample("students_synthetic.csv")
    mapping = propose_student_mapping(table)
    assert tuple(mapping.fields.values()) == ("student_id", "department", "year", "interests", "taken_courses")
    courses = build_courses(SAMPLES[RPI], propose_mapping(SAMPLES[RPI])).courses
    intake = build_students(table, mapping, {course.code: course.course_key for course in courses})
    assert not intake.problems
    assert len(intake.students) == 5000
    assert all(
        student.student_id.startswith("SYN-") and 1 <= len(student.interests) <= 4 for student in intake.students
    )
    assert {student.department for student in intake.students} <= {course.department for course in courses}
    assert len({interest for student in intake.students for interest in student.interests}) >= 95


def test_the_kept_script_makes_exactly_the_shipped_students(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("make_students", DATA_FOLDER / "make_students.py")
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, script)  # dataclasses look their module up
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "STUDENTS", tmp_path / "students.csv")
    script.main()
    assert (tmp_path / "students.csv").read_bytes() == (DATA_FOLDER / "students_synthetic.csv").read_bytes()


def test_every_sample_has_its_licence_and_credit():
    readme = (DATA_FOLDER / "README.md").read_text(encoding="utf-8")
    for path in [*DATA_FOLDER.glob("*.csv"), *DATA_FOLDER.glob("*.json"), *(DATA_FOLDER / "LICENSES").iterdir()]:
        assert path.name in readme
