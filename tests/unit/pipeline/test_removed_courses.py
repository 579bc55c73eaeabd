"""A newer file without some courses: their texts stay, and no figure counts what nobody can see any more."""

from __future__ import annotations

from core.pipeline import releases, review
from core.pipeline.application import Application
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.status import CatalogStatus, catalog_status, overview
from core.records import ReviewState


def remove(app: Application, catalog_id: str, catalog_file: bytes, *codes: str) -> None:
    """The next term's file, which lacks the courses of these codes."""
    left = [line for line in catalog_file.splitlines() if not line.decode().startswith(codes)]
    apply_catalog(app, preview_catalog(app, b"\n".join(left), "next.csv", catalog_id=catalog_id))


def status(app: Application, catalog_id: str) -> CatalogStatus:
    return catalog_status(app, app.catalogs.get(catalog_id))


def test_drafts_of_removed_courses_are_not_said_to_wait(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    write("MA2")
    write("PH1")
    review.reject(app, [write("PH2").enhancement_id], by="kim", reason="wrong")
    remove(app, catalog_id, catalog_file, "PH1", "PH2")
    queue = review.review_queue(app, catalog_id)
    assert len(queue.items) == queue.counts[ReviewState.DRAFT] == 1
    assert queue.counts[ReviewState.REJECTED] == 0
    assert status(app, catalog_id).review[ReviewState.DRAFT] == 1
    (step,) = [step for step in overview(app, catalog_id).next_steps if step.message.key == "pipeline.next.review"]
    assert step.count == 1


def test_courses_without_a_text_are_still_offered_when_others_were_removed(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    for key in ("PH1", "PH2", "HI2"):
        write(key)
    remove(app, catalog_id, catalog_file, "PH1", "PH2", "HI2")
    assert status(app, catalog_id).unwritten == 2  # Calculus and 한국 근대사


def test_a_course_with_an_approved_text_and_a_newer_draft_counts_once(app: Application, catalog_id: str, write) -> None:
    review.approve(app, [write("MA2").enhancement_id], by="kim")
    write("MA2", job_id="j2")
    assert status(app, catalog_id).unwritten == 4


def test_approved_texts_of_removed_courses_do_not_wait_to_be_published(
    app: Application, catalog_id: str, catalog_file: bytes, write
) -> None:
    review.approve(app, [write(key).enhancement_id for key in ("PH1", "MA2")], by="kim")
    remove(app, catalog_id, catalog_file, "PH1")
    assert status(app, catalog_id).published == status(app, catalog_id).unreleased == 1
    assert releases.unpublished(app, catalog_id) == 1


def test_a_sufficient_course_that_is_rewritten_stands_once_at_each_stage(
    app: Application, catalog_id: str, write
) -> None:
    review.approve(app, [write(key).enhancement_id for key in ("MA1", "MA2")], by="kim")  # MA1 was sufficient
    found = status(app, catalog_id)
    assert (found.published, found.unwritten, found.unapproved, found.unused) == (2, 4, 4, 5)
    releases.publish(app, catalog_id, by="kim")
    assert status(app, catalog_id).unused == 4
