"""Courses that share one code, as special topics do, in a later file."""

from __future__ import annotations

import pytest

from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.course_editing import edit_course
from core.pipeline.intake import CatalogPreview, apply_catalog, preview_catalog, remap_catalog
from core.pipeline.student_intake import preview_students

OTHERS = "code,title,department,description\n" + "".join(f"CS{n},Course {n},Computing,\n" for n in range(100, 130))
GAMES, GRAPHS, RINGS = (f"CS499,{title},Computing,\n" for title in ("Games", "Graphs", "Rings"))


@pytest.fixture
def catalog_id(app: Application) -> str:
    """A catalog of three courses with one code."""
    return apply_catalog(app, preview_catalog(app, file(GAMES, GRAPHS, RINGS), "topics.csv")).catalog_id


def file(*rows: str) -> bytes:
    return "".join((OTHERS, *rows)).encode()


def next_term(app: Application, catalog_id: str, *rows: str) -> CatalogPreview:
    return preview_catalog(app, file(*rows), "next.csv", catalog_id=catalog_id)


def told(preview: CatalogPreview) -> dict[str, list[str]]:
    """The titles of each kind of change."""
    diff = preview.diff
    assert diff is not None
    renamed = [f"{old.title} > {new.title}" for old, new in diff.renamed]
    return {
        "added": [course.title for course in diff.added],
        "renamed": renamed,
        "removed": [course.title for course in diff.removed],
        "unchanged": [course.title for course in diff.unchanged if course.code == "CS499"],
    }


def test_each_is_known_by_its_title_wherever_its_row_stands(app: Application, catalog_id: str) -> None:
    assert told(next_term(app, catalog_id, GRAPHS, RINGS)) == {
        "added": [],
        "renamed": [],
        "removed": ["Games"],
        "unchanged": ["Graphs", "Rings"],
    }
    assert told(next_term(app, catalog_id, "CS499,Trees,Computing,\n", RINGS, GAMES, GRAPHS)) == {
        "added": ["Trees"],
        "renamed": [],
        "removed": [],
        "unchanged": ["Rings", "Games", "Graphs"],
    }
    assert told(next_term(app, catalog_id, GAMES, "CS499,Knots,Computing,\n", RINGS)) == {
        "added": [],
        "renamed": ["Graphs > Knots"],
        "removed": [],
        "unchanged": ["Games", "Rings"],
    }


def test_approved_texts_and_corrections_stay_with_the_course_whose_row_moved(
    app: Application, catalog_id: str, write
) -> None:
    edit_course(app, app.catalogs.course(catalog_id, "CS499#2"), {"title": "Graph Theory"}, by="kim")
    text = write("CS499#2").enhancement_id
    review.approve(app, [text], by="lee")
    apply_catalog(app, next_term(app, catalog_id, GRAPHS, RINGS))
    assert [course.title for course in app.catalogs.courses(catalog_id) if course.code == "CS499"] == [
        "Graph Theory",
        "Rings",
    ]
    assert app.enhancements.published(catalog_id)["CS499#2"].enhancement_id == text


def test_a_topic_that_comes_back_is_itself_and_its_place_is_nobody_elses(app: Application, catalog_id: str) -> None:
    apply_catalog(app, next_term(app, catalog_id, GAMES, RINGS))
    assert told(next_term(app, catalog_id, GAMES, "CS499,Knots,Computing,\n", RINGS))["added"] == ["Knots"]
    apply_catalog(app, next_term(app, catalog_id, "CS499,Knots,Computing,\n", GRAPHS, RINGS))
    keys = {course.title: course.course_key for course in app.catalogs.courses(catalog_id) if course.code == "CS499"}
    assert keys == {"Knots": "CS499", "Graphs": "CS499#2", "Rings": "CS499#3"}


def test_a_code_that_several_topics_share_names_none_of_them_in_a_history(app: Application, catalog_id: str) -> None:
    history = b"student_id,department,courses taken\nS1,Computing,CS499\nS2,Computing,CS499#2\nS3,Computing,Rings\n"
    preview = preview_students(app, history, "s.csv", catalog_id=catalog_id)
    assert [student.taken_course_keys for student in preview.intake.students] == [(), ("CS499#2",), ("CS499#3",)]
    assert [p.value for p in preview.problems if p.message.key == "intake.problem.unknown_course"] == ["CS499"]
    apply_catalog(app, next_term(app, catalog_id, GRAPHS, RINGS))
    later = preview_students(app, history, "s.csv", catalog_id=catalog_id)
    assert later.intake.students == preview.intake.students


def test_a_code_of_several_sections_names_the_first_in_a_history(app: Application) -> None:
    preview = preview_catalog(app, file(GAMES, GAMES.replace(",\n", ",By others\n")), "c.csv")
    sections = remap_catalog(app, preview, merge_sections=False)
    catalog_id = apply_catalog(app, sections, name="sections").catalog_id
    assert {"CS499", "CS499#2"} <= {course.course_key for course in app.catalogs.courses(catalog_id)}
    history = b"student_id,department,courses taken\nS1,Computing,CS499\n"
    (student,) = preview_students(app, history, "s.csv", catalog_id=catalog_id).intake.students
    assert student.taken_course_keys == ("CS499",)
