"""A file that came by mistake, and the right one after it."""

from __future__ import annotations

import pytest

from core.errors import StorageError
from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.intake import apply_catalog, preview_catalog
from core.records import ReviewState


def test_texts_stand_again_as_they_did_when_the_right_file_comes_back(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    approved, edited, _, rejected = texts = [write(key).enhancement_id for key in ("PH1", "PH2", "HI1", "HI2")]
    other = write("HI2", job_id="j2").enhancement_id
    review.approve(app, [approved], by="lee")
    review.edit(app, edited, "Rooms and how they sound.", by="lee")
    review.reject(app, [rejected], by="lee", reason="dull")
    for file in (catalog_file.replace(b",B", b" wrong,B"), catalog_file.replace(b",B", b" worse,B"), catalog_file):
        seen = app.enhancements.newest_decision()
        apply_catalog(app, preview_catalog(app, file, "next.csv", catalog_id=catalog_id))
    states = [app.enhancements.get(text).state for text in texts]
    assert states == [ReviewState.APPROVED, ReviewState.EDITED, ReviewState.DRAFT, ReviewState.REJECTED]
    published = {key: text.published_text for key, text in app.enhancements.published(catalog_id).items()}
    assert published == {"PH1": app.enhancements.get(approved).text, "PH2": "Rooms and how they sound."}
    logged = [each.state for each in app.enhancements.history(approved)]
    assert logged == [ReviewState.APPROVED, ReviewState.STALE, ReviewState.APPROVED]  # newest first; stale once
    assert [group.decided_by for group in review.recent_decisions(app, catalog_id)] == ["lee"] * 3
    app.enhancements.decide([write("PH1", job_id="j2").enhancement_id], ReviewState.APPROVED, "kim", seen=seen)
    with pytest.raises(StorageError, match="changed"):
        app.enhancements.decide([other], ReviewState.APPROVED, "kim", seen=seen)


def test_taking_back_a_rejection_of_a_stale_text_finds_its_course_as_it_was(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    approved, draft = (write(key).enhancement_id for key in ("PH1", "PH2"))
    review.approve(app, [approved], by="lee")
    wrong = catalog_file.replace(b",B", b" wrong,B")
    apply_catalog(app, preview_catalog(app, wrong, "next.csv", catalog_id=catalog_id))
    rejection = review.reject(app, [approved, draft], by="kim", reason="about another course")
    apply_catalog(app, preview_catalog(app, catalog_file, "next.csv", catalog_id=catalog_id))
    review.undo(app, rejection, by="kim")
    assert [app.enhancements.get(text).state for text in (approved, draft)] == [ReviewState.APPROVED, ReviewState.DRAFT]
    assert app.enhancements.published(catalog_id)["PH1"].decided_by == "lee"
