"""A course that a newer file has under another code."""

from __future__ import annotations

import pytest

from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.course_editing import edit_course
from core.pipeline.intake import CatalogPreview, apply_catalog, preview_catalog
from core.pipeline.status import catalog_status
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.taken_courses import student_of, students_of
from core.pipeline.verify import verify
from core.records import ReviewState


def next_term(app: Application, catalog_id: str, file: bytes) -> CatalogPreview:
    return preview_catalog(app, file, "next.csv", catalog_id=catalog_id)


def test_approved_texts_and_corrections_go_with_a_course_to_its_new_code(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"credits": "4"}, by="kim")
    text, other = (write(key).enhancement_id for key in ("PH1", "PH2"))
    review.edit(app, text, "Light, lenses and mirrors.", by="lee")
    review.approve(app, [other], by="lee")
    file = catalog_file.replace(b"PH1,", b"PHY1,").replace(b"PH2,Acoustics,Physics,", b"PHY2,Acoustics,Physics,More. ")
    for _ in range(2):  # the next term has the new code too
        preview = next_term(app, catalog_id, file)
        assert [(each.course.course_key, each.field, each.kept) for each in preview.corrections] == [
            ("PHY1", "credits", "4")
        ]
        apply_catalog(app, preview)
    published = app.enhancements.published(catalog_id)
    assert published["PHY1"].published_text == "Light, lenses and mirrors."
    assert (published["PHY1"].decided_by, published["PHY1"].job_id) == ("lee", "")
    assert published["PH1"].enhancement_id == text
    assert (
        catalog_status(app, app.catalogs.get(catalog_id)).published == 1
    )  # those that the file has no more do not count
    (reworked,) = app.enhancements.for_course(catalog_id, "PHY2")
    assert (reworked.state, reworked.text) == (ReviewState.STALE, app.enhancements.get(other).text)
    (logged,) = app.enhancements.history(published["PHY1"].enhancement_id)
    assert (logged.state, logged.is_restored) == (ReviewState.EDITED, True)


def test_a_code_that_comes_back_has_what_was_decided_last(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    review.approve(app, [write("PH1").enhancement_id], by="lee")
    renamed = catalog_file.replace(b"PH1,", b"PHY1,")
    for file in (renamed, catalog_file, renamed):
        apply_catalog(app, next_term(app, catalog_id, file))
    assert [len(app.enhancements.for_course(catalog_id, key)) for key in ("PH1", "PHY1")] == [1, 1]
    (text,) = app.enhancements.for_course(catalog_id, "PHY1")
    review.edit(app, text.enhancement_id, "Light, lenses and mirrors.", by="kim")
    apply_catalog(app, next_term(app, catalog_id, catalog_file))
    assert app.enhancements.published(catalog_id)["PH1"].published_text == "Light, lenses and mirrors."
    assert verify(app).holds


def test_a_title_in_a_history_means_the_course_that_is_offered_under_it_now(
    app: Application, catalog_id: str, catalog_file: bytes
) -> None:
    apply_catalog(app, next_term(app, catalog_id, catalog_file.replace(b"PH1,", b"PHY1,")))
    title = app.catalogs.course(catalog_id, "PHY1").title
    history = f"student_id,department,courses taken\nS1,Physics,{title}\nS2,Physics,PH1\n".encode()
    students = preview_students(app, history, "s.csv", catalog_id=catalog_id).intake.students
    assert [student.taken_course_keys for student in students] == [("PHY1",), ("PH1",)]


def test_a_draft_that_waits_for_review_goes_with_its_course_to_the_new_code(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    drafts = {key: write(key) for key in ("PH1", "PH2")}
    file = catalog_file.replace(b"PH1,", b"PHY1,").replace(b"PH2,Acoustics,Physics,", b"PHY2,Acoustics,Physics,More. ")
    apply_catalog(app, next_term(app, catalog_id, file))
    waiting = {item.enhancement.course_key: item.enhancement for item in review.review_queue(app, catalog_id).items}
    assert {key: (it.state, it.text) for key, it in waiting.items()} == {
        "PHY1": (ReviewState.DRAFT, drafts["PH1"].text),
        "PHY2": (ReviewState.STALE, drafts["PH2"].text),
    }
    review.approve(app, [waiting["PHY1"].enhancement_id], by="lee")
    assert app.enhancements.published(catalog_id)["PHY1"].published_text == drafts["PH1"].text


@pytest.mark.parametrize("code", [b"MA1", b"MAT1"])  # as the file of its term had it, and the one after that
def test_a_course_taken_under_a_former_code_is_taken(
    app: Application, catalog_id: str, catalog_file: bytes, code: bytes
) -> None:
    for now in (b"MAT1", b"MATH1"):
        apply_catalog(app, next_term(app, catalog_id, catalog_file.replace(b"MA1", now)))
    history = b"student_id,department,courses taken\nS1,Mathematics,%s@2025-1; MATH1@2025-2; HI2\n" % code
    apply_students(app, preview_students(app, history, "s.csv", catalog_id=catalog_id))
    (student,) = students_of(app, catalog_id)
    days = dict(zip(student.taken_course_keys, student.taken_on, strict=True))
    assert (set(days), days["HI2"], days["MATH1"][:4]) == ({"MATH1", "HI2"}, "", "2025")
    assert student_of(app, catalog_id, student.student_id) == student
    (stored,) = app.students.all()
    assert set(stored.taken_course_keys) == {code.decode(), "MATH1", "HI2"}


def test_a_code_that_came_back_or_went_for_good_means_what_it_says(
    app: Application, catalog_id: str, catalog_file: bytes, students: int
) -> None:
    renamed = catalog_file.replace(b"MA1,", b"MAT1,")
    for file in (renamed, catalog_file):
        apply_catalog(app, next_term(app, catalog_id, file))
    assert {it.taken_course_keys for it in students_of(app, catalog_id)} == {("MA1",), (), ("HI2",)}
    without = b"".join(line for line in catalog_file.splitlines(keepends=True) if not line.startswith(b"MA1,"))
    apply_catalog(app, next_term(app, catalog_id, without))
    assert {it.taken_course_keys for it in students_of(app, catalog_id)} == {("MA1",), (), ("HI2",)}
