from __future__ import annotations

from dataclasses import replace

import pytest

from core.enhancement.word_diff import Change
from core.errors import CourseLiftError, StorageError
from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.course_editing import edit_course
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.review_screen import review_screen
from core.records import DescriptionStatus, ReviewState

LONG = (
    "Light as rays and as waves, with lenses, mirrors, interference and diffraction, and the instruments that physics "
    "builds from them, from the magnifying glass to the interferometer."
)


def test_an_edit_makes_a_version_judges_again_and_leaves_the_upload_alone(app: Application, catalog_id: str) -> None:
    course = app.catalogs.course(catalog_id, "PH1")
    before = {path: path.read_bytes() for path in app.config.uploads_folder.iterdir()}
    edited = edit_course(app, course, {"description": f"  {LONG} ", "credits": "3"}, by="kim")
    assert (edited.description, edited.credits, edited.description_raw) == (LONG, "3", course.description_raw)
    assert app.catalogs.course(catalog_id, "PH1") == edited
    assert app.catalogs.triage(catalog_id)["PH1"].status is DescriptionStatus.SUFFICIENT
    assert app.catalogs.versions(catalog_id, "PH1")[0].saved_by == "kim"
    assert {path: path.read_bytes() for path in app.config.uploads_folder.iterdir()} == before


def test_a_text_becomes_stale_and_says_what_changed_and_who_did_it(app: Application, catalog_id: str, write) -> None:
    approved, draft = write("PH1"), write("PH1", job_id="j2")
    review.approve(app, [approved.enhancement_id], by="lee")
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"title": "Wave Optics"}, by="kim")
    for text in (approved, draft):
        screen = review_screen(app, text.enhancement_id)
        change = screen.source_change
        assert screen.enhancement.state is ReviewState.STALE
        assert change is not None
        assert (change.changed_by, change.is_edit) == ("kim", True)
        (field,) = change.fields
        assert field.field == "title"
        assert [(run.text.strip(), run.change) for run in field.runs] == [
            ("Wave", Change.ADDED),
            ("Optics", Change.KEPT),
        ]
        assert screen.history[0].state is ReviewState.STALE
        assert screen.history[0].decision_id is None  # nobody can undo that the course changed
    assert review.approve_passing(app, catalog_id, by="kim").approved == 0
    review.approve(app, [approved.enhancement_id], by="kim")  # one by one, after a look, it may stand


def test_an_upload_makes_approvals_stale_and_says_so(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    review.approve(app, [write("PH1").enhancement_id], by="lee")
    newer = catalog_file.replace(b"PH1,Optics,Physics,Optics", b"PH1,Optics,Physics,Light and lenses")
    apply_catalog(app, preview_catalog(app, newer, "autumn term.csv", catalog_id=catalog_id))
    change = review_screen(app, "j1-PH1").source_change
    assert change is not None and not change.is_edit
    assert [field.field for field in change.fields] == ["description"]


def test_a_stale_text_in_a_persons_words_keeps_them_when_it_is_approved_again(
    app: Application, catalog_id: str, write
) -> None:
    draft = write("PH1")
    review.edit(app, draft.enhancement_id, "Light, lenses and mirrors.", by="kim")
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"credits": "4"}, by="kim")
    review.approve(app, [draft.enhancement_id], by="kim")
    stored = app.enhancements.get(draft.enhancement_id)
    assert (stored.state, stored.published_text) == (ReviewState.EDITED, "Light, lenses and mirrors.")


def test_a_draft_that_arrives_after_its_course_changed_is_stale(app: Application, catalog_id: str, write) -> None:
    late = replace(write("PH1"), enhancement_id="late")
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"title": "Baroque Painting"}, by="kim")
    app.enhancements.save([late])  # what a job that was begun before brings now
    assert app.enhancements.get("late").state is ReviewState.STALE
    assert review.approve_passing(app, catalog_id, by="lee").approved == 0
    review.approve(app, ["late"], by="lee")
    app.enhancements.save([late])  # its journal is read again
    assert app.enhancements.get("late").state is ReviewState.APPROVED
    assert write("PH1", job_id="j2").state is ReviewState.DRAFT


def test_no_draft_for_what_a_course_said_earlier_is_approved_in_bulk(app: Application, catalog_id: str, write) -> None:
    write("PH1")
    (item,) = review.review_queue(app, catalog_id).items
    assert review.passing_drafts([item, replace(item, course=replace(item.course, content_hash="other"))]) == [item]


def test_taking_back_a_rejection_revives_nothing_for_courses_that_changed_since(
    app: Application, catalog_id: str, write
) -> None:
    approved, edited, _, rejected = texts = [write(key).enhancement_id for key in ("MA2", "PH1", "PH2", "HI2")]
    review.approve(app, [approved], by="lee")
    review.edit(app, edited, "Light, lenses and mirrors.", by="lee")
    review.reject(app, [rejected], by="lee", reason="dull")
    rejection = review.reject(app, texts, by="lee", reason="wrong")
    for key in ("MA2", "PH1", "PH2", "HI2"):
        edit_course(app, app.catalogs.course(catalog_id, key), {"title": f"Other than {key}"}, by="kim")
    review.undo(app, rejection, by="lee")
    states = [app.enhancements.get(text).state for text in texts]
    assert states == [ReviewState.STALE, ReviewState.STALE, ReviewState.STALE, ReviewState.REJECTED]
    assert app.enhancements.get(edited).edited_text == "Light, lenses and mirrors."
    assert app.enhancements.published(catalog_id) == {}


def test_the_same_correction_again_is_no_conflict(app: Application, catalog_id: str) -> None:
    seen = app.catalogs.course(catalog_id, "PH1")
    edited = edit_course(app, seen, {"credits": "3"}, by="kim")
    assert edit_course(app, seen, {"credits": "3"}, by="kim") == edited
    assert len(app.catalogs.versions(catalog_id, "PH1")) == 2
    with pytest.raises(StorageError):
        edit_course(app, seen, {"credits": "4"}, by="kim")


def test_an_approval_given_for_the_course_as_it_is_comes_back_with_an_undo(
    app: Application, catalog_id: str, write
) -> None:
    text = write("PH1").enhancement_id
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"credits": "4"}, by="kim")
    approval = review.approve(app, [text], by="lee")  # it is stale, and yet right
    review.undo(app, review.reject(app, [text], by="kim", reason="by mistake"), by="kim")
    assert app.enhancements.get(text).state is ReviewState.APPROVED
    review.undo(app, review.edit(app, text, "Light.", by="kim"), by="kim")
    assert app.enhancements.get(text).state is ReviewState.APPROVED
    taken_back = review.undo(app, review.approve(app, [text], by="lee"), by="lee").decision_id
    assert app.enhancements.get(text).decided_by == "lee"
    review.undo(app, taken_back, by="lee")
    assert app.enhancements.get(text).state is ReviewState.APPROVED
    rejection = review.reject(app, [text], by="kim", reason="dull")
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"credits": "5"}, by="kim")
    review.undo(app, rejection, by="kim")
    assert app.enhancements.get(text).state is ReviewState.STALE
    with pytest.raises(StorageError):
        review.undo(app, approval, by="lee")


def test_a_course_that_a_file_removed_meanwhile_is_not_brought_back_by_an_edit(
    app: Application, catalog_id: str, catalog_file: bytes
) -> None:
    seen = app.catalogs.course(catalog_id, "PH1")
    without = b"".join(line for line in catalog_file.splitlines(keepends=True) if not line.startswith(b"PH1"))
    apply_catalog(app, preview_catalog(app, without, "autumn term.csv", catalog_id=catalog_id))
    with pytest.raises(CourseLiftError) as caught:
        edit_course(app, seen, {"credits": "3"}, by="lee")
    assert (caught.value.message.key, caught.value.message.params["course"]) == ("source.removed_meanwhile", "PH1")
    assert "PH1" not in {course.course_key for course in app.catalogs.courses(catalog_id)}


def test_an_edit_leaves_alone_what_a_file_changed_meanwhile_in_other_fields(
    app: Application, catalog_id: str, catalog_file: bytes
) -> None:
    seen = app.catalogs.course(catalog_id, "PH1")
    elsewhere = catalog_file.replace(b"Physics,Optics,B3", b"Physics,Optics,Hall 7")
    apply_catalog(app, preview_catalog(app, elsewhere, "autumn term.csv", catalog_id=catalog_id))
    edit_course(app, seen, {"credits": "3"}, by="lee")
    stored = app.catalogs.course(catalog_id, "PH1")
    assert (stored.credits, stored.extra["room"]) == ("3", "Hall 7")


def test_what_cannot_be_stored_is_refused(app: Application, catalog_id: str) -> None:
    course = app.catalogs.course(catalog_id, "PH1")
    assert edit_course(app, course, {"title": " Optics "}, by="kim") is course
    for changes in ({"title": " "}, {"course_key": "x"}, {"description": "x" * 30_000}):
        with pytest.raises(CourseLiftError):
            edit_course(app, course, changes, by="kim")
    edit_course(app, course, {"credits": "4"}, by="kim")
    with pytest.raises(StorageError) as caught:
        edit_course(app, course, {"credits": "5"}, by="lee")
    assert caught.value.message.key == "storage.course_changed_meanwhile"
