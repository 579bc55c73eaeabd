from __future__ import annotations

import pytest

from core.errors import CourseLiftError, StorageError
from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.course_editing import edit_course
from core.pipeline.embedding import catalog_texts
from core.pipeline.releases import publish
from core.pipeline.review import Order, Risk
from core.pipeline.review_screen import review_screen
from core.records import ReviewState, Severity


def states(app: Application, catalog_id: str) -> dict[str, ReviewState]:
    return {it.course_key: it.state for it in app.enhancements.of_catalog(catalog_id)}


def test_hard_findings_come_first_then_soft_ones(app: Application, catalog_id: str, write) -> None:
    write("MA2")
    write("PH1", severity=Severity.SOFT)
    write("HI2", severity=Severity.HARD)
    queue = review.review_queue(app, catalog_id)
    assert [item.course.course_key for item in queue.items] == ["HI2", "PH1", "MA2"]
    assert queue.risks == {Risk.HARD: 1, Risk.SOFT: 1, Risk.NONE: 1}
    assert queue.counts[ReviewState.DRAFT] == 3


def test_the_queue_can_be_narrowed(app: Application, catalog_id: str, write) -> None:
    write("MA2")
    write("PH1", severity=Severity.SOFT, job_id="j2")
    narrowed = {"risk": Risk.SOFT}, {"department": "Physics"}, {"search": "opti"}, {"job_id": "j2"}
    for condition in narrowed:
        queue = review.review_queue(app, catalog_id, **condition)
        assert [item.course.course_key for item in queue.items] == ["PH1"]


def test_only_the_newest_text_of_a_course_is_listed(app: Application, catalog_id: str, write) -> None:
    write("MA2")
    newer = write("MA2", job_id="j2")
    (item,) = review.review_queue(app, catalog_id).items
    assert item.enhancement.enhancement_id == newer.enhancement_id
    assert len(review_screen(app, newer.enhancement_id).others) == 1


def test_bulk_approval_holds_back_hard_findings_and_exceptions(app: Application, catalog_id: str, write) -> None:
    write("MA2")
    write("HI2", severity=Severity.HARD)
    spared = write("PH1")
    done = review.approve_passing(app, catalog_id, by="kim", except_ids=[spared.enhancement_id])
    assert (done.approved, done.held_back) == (1, 1)
    assert states(app, catalog_id) == {
        "MA2": ReviewState.APPROVED,
        "HI2": ReviewState.DRAFT,
        "PH1": ReviewState.DRAFT,
    }


def test_a_bulk_approval_with_nothing_to_approve_decides_nothing(app: Application, catalog_id: str) -> None:
    assert review.approve_passing(app, catalog_id, by="kim").decision_id is None


def test_bulk_approval_can_be_undone(app: Application, catalog_id: str, write) -> None:
    write("MA2")
    write("PH1")
    done = review.approve_passing(app, catalog_id, by="kim")
    review.undo(app, done.decision_id, by="lee")
    assert set(states(app, catalog_id).values()) == {ReviewState.DRAFT}
    with pytest.raises(StorageError):
        review.undo(app, done.decision_id)


def test_an_edited_text_is_published_and_the_models_kept(app: Application, catalog_id: str, write) -> None:
    draft = write("PH1")
    review.edit(app, draft.enhancement_id, "  Light,\n lenses and mirrors. ", by="kim")
    stored = app.enhancements.get(draft.enhancement_id)
    assert stored.published_text == "Light, lenses and mirrors."
    assert stored.text == draft.text
    with pytest.raises(CourseLiftError):
        review.edit(app, draft.enhancement_id, "   ", by="kim")


def test_rejected_texts_are_kept_and_found(app: Application, catalog_id: str, write) -> None:
    draft = write("PH1")
    review.reject(app, [draft.enhancement_id], by="kim", reason="wrong")
    assert review.review_queue(app, catalog_id).items == ()
    (item,) = review.review_queue(app, catalog_id, states=[ReviewState.REJECTED]).items
    assert item.enhancement.reason == "wrong"


def test_the_history_tells_every_step(app: Application, catalog_id: str, write) -> None:
    draft = write("PH1")
    review.approve(app, [draft.enhancement_id], by="kim")
    review.reject(app, [draft.enhancement_id], by="lee", reason="on second thought")
    history = review_screen(app, draft.enhancement_id).history
    assert [(step.actor, step.state) for step in history] == [
        ("lee", ReviewState.REJECTED),
        ("kim", ReviewState.APPROVED),
        ("", ReviewState.DRAFT),
    ]


def test_the_parts_of_a_text_mark_the_models_words_and_the_findings(app: Application, catalog_id: str, write) -> None:
    draft = write("PH1", text="Optics explained with lasers.", severity=Severity.HARD)
    parts = review_screen(app, draft.enhancement_id).parts
    assert "".join(part.text for part in parts) == draft.text
    assert {part.text for part in parts if part.is_added} == {"explained", "lasers"}
    assert parts[0].severity is Severity.HARD
    assert parts[0].finding_indexes == (0,)


def test_only_released_texts_reach_the_recommender(app: Application, catalog_id: str, write) -> None:
    def reach() -> bool:
        return any("Lasers" in text for text, _ in catalog_texts(app, catalog_id).texts.values())

    review.approve(app, [write("PH1", text="Lasers and lenses.").enhancement_id], by="kim")
    assert not reach()
    publish(app, catalog_id, by="kim")
    assert reach()


def test_a_placeholder_never_reaches_the_recommender(app: Application, catalog_id: str) -> None:
    texts = [text for text, _ in catalog_texts(app, catalog_id).texts.values()]
    assert not any("없음" in text for text in texts)


def test_the_queue_can_be_ordered_by_effect(app: Application, catalog_id: str, write) -> None:
    reach = {write("MA2").enhancement_id: 40, write("PH1").enhancement_id: 700}
    write("HI2", severity=Severity.HARD)
    queue = review.review_queue(app, catalog_id)
    by_effect = review.in_order(queue, Order.EFFECT, reach)
    assert [(item.course.course_key, item.reach) for item in by_effect.items] == [
        ("PH1", 700),
        ("MA2", 40),
        ("HI2", None),
    ]
    by_risk = review.in_order(queue, Order.RISK, reach)
    assert [item.course.course_key for item in by_risk.items] == ["HI2", "PH1", "MA2"]


def test_a_decision_on_a_text_that_another_person_just_decided_says_so(
    app: Application, catalog_id: str, write
) -> None:
    draft = write("PH1")
    seen = review.review_queue(app, catalog_id).seen
    review.reject(app, [draft.enhancement_id], by="lee", reason="wrong", seen=seen)
    for decide in (
        lambda: review.approve(app, [draft.enhancement_id], by="kim", seen=seen),
        lambda: review.edit(app, draft.enhancement_id, "Light.", by="kim", seen=seen),
        lambda: review.reject(app, [draft.enhancement_id], by="kim", reason="dull", seen=seen),
    ):
        with pytest.raises(StorageError) as caught:
            decide()
        assert caught.value.message.params["by"] == "lee"
    assert app.enhancements.get(draft.enhancement_id).reason == "wrong"


def test_a_later_run_and_a_bulk_approval_leave_a_persons_words_alone(app: Application, catalog_id: str, write) -> None:
    draft = write("PH1")
    review.edit(app, draft.enhancement_id, "Light, lenses and mirrors.", by="kim")
    write("PH1", job_id="j2")  # a later run that was asked to write decided courses again
    (item,) = review.review_queue(app, catalog_id).items
    assert item.has_human_text
    done = review.approve_passing(app, catalog_id, by="lee")
    assert (done.approved, done.held_back) == (0, 1)
    assert app.enhancements.published(catalog_id)["PH1"].published_text == "Light, lenses and mirrors."
    assert review_screen(app, item.enhancement.enhancement_id).human_text is not None


def test_the_pace_is_the_median_of_a_persons_own_gaps(app: Application, catalog_id: str, write) -> None:
    drafts = [write(key).enhancement_id for key in ("MA2", "PH1", "HI2")]
    assert review.review_pace(app, "kim") is None
    for draft in drafts:
        review.approve(app, [draft], by="kim")
    pace = review.review_pace(app, "kim")
    assert pace is not None and 0 <= pace < 60
    assert review.review_pace(app, "lee") is None


def test_recent_decisions_can_be_undone_by_anybody(app: Application, catalog_id: str, write) -> None:
    write("MA2")
    write("PH1")
    review.approve_passing(app, catalog_id, by="kim")
    (group,) = review.recent_decisions(app, catalog_id)
    assert (group.decided_by, group.texts, group.standing) == ("kim", 2, 2)
    assert review.undo(app, group.decision_id, by="lee", only="j1-PH1").texts == 1
    assert states(app, catalog_id) == {"MA2": ReviewState.APPROVED, "PH1": ReviewState.DRAFT}


def test_many_changed_sources_do_not_hide_what_people_decided(app: Application, catalog_id: str, write) -> None:
    review.approve(app, [write("MA2").enhancement_id], by="kim")
    for number in range(13):  # more than the list has places
        write("PH1", job_id=f"j{number}")
        edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"credits": str(number)}, by="lee")
    assert [group.decided_by for group in review.recent_decisions(app, catalog_id)] == ["kim"]


@pytest.mark.parametrize("state", [ReviewState.STALE, ReviewState.REJECTED])
def test_a_text_is_not_approved_for_a_source_that_its_reader_has_not_seen(
    app: Application, catalog_id: str, write, state: ReviewState
) -> None:
    text = write("PH1").enhancement_id
    if state is ReviewState.REJECTED:
        review.reject(app, [text], by="lee", reason="dull")
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"credits": "3"}, by="lee")
    queue = review.review_queue(app, catalog_id, states=[state])
    (item,) = queue.items
    looked = {"by": "kim", "seen": queue.seen, "source": item.course.content_hash}
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"title": "Baroque Painting"}, by="lee")
    for decide in (
        lambda: review.approve(app, [text], **looked),
        lambda: review.edit(app, text, "Light.", **looked),
    ):
        with pytest.raises(StorageError):
            decide()
    assert app.enhancements.get(text).state is state
    review.approve(app, [text], **{**looked, "source": app.catalogs.course(catalog_id, "PH1").content_hash})
