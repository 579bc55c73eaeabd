"""The Review page: deciding about drafts one by one and many at once."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.effects import Effect
from core.pipeline.review import review_queue
from core.records import ReviewState
from pages.widgets import review_effect
from pages.widgets.picking import table_key
from tests.pages_lab import (
    button_of,
    catalog_of,
    click,
    open_page,
    press_again,
    run,
    shown,
)


def heading(at: AppTest) -> str:
    """The title of the course on the review page, without the escapes that keep it from being markdown."""
    return str(at.subheader[0].value).replace("\\", "").replace("\u2060", "")


def test_review_shows_the_course_beside_its_draft(seeded: Application, language: str) -> None:
    at = open_page("review", seeded, language)
    first = review_queue(seeded, catalog_of(seeded)).items[0]
    assert heading(at) == first.course.title
    assert button_of(at, f"review_approve_{first.enhancement.enhancement_id}")
    assert {"review_edit", "review_reject", "review_skip"} <= {each.key for each in at.button}


def test_an_approval_shows_the_next_draft_and_undo_brings_it_back(seeded: Application) -> None:
    catalog_id = catalog_of(seeded)
    before = review_queue(seeded, catalog_id)
    at = click(open_page("review", seeded), "review_approve")
    after = review_queue(seeded, catalog_id)
    assert after.counts[ReviewState.APPROVED] == 1
    assert heading(at) == before.items[1].course.title
    published = seeded.enhancements.published(catalog_id)[before.items[0].course.course_key]
    assert published.decided_by == "Kim"
    click(at, "review_undo")
    assert review_queue(seeded, catalog_id).counts == before.counts


def test_a_double_click_approves_one_text_and_takes_back_one_decision(seeded: Application) -> None:
    catalog_id = catalog_of(seeded)
    at = click(open_page("review", seeded), "review_approve")
    for key, approved in (("review_approve", 2), ("review_undo", 1)):
        pressed = button_of(at, key)
        press_again(click(at, key), pressed.id)
        assert review_queue(seeded, catalog_id).counts[ReviewState.APPROVED] == approved


def test_skipping_decides_nothing(seeded: Application) -> None:
    before = review_queue(seeded, catalog_of(seeded))
    at = click(open_page("review", seeded), "review_skip")
    assert heading(at) == before.items[1].course.title
    assert review_queue(seeded, catalog_of(seeded)).counts == before.counts


def test_a_person_can_publish_other_words(seeded: Application) -> None:
    at = click(open_page("review", seeded), "review_edit")
    at.text_area[0].set_value("A first course on vectors.")
    click(at, "review_save_text")
    edited = [it for it in seeded.enhancements.published(catalog_of(seeded)).values() if it.edited_text]
    assert [it.published_text for it in edited] == ["A first course on vectors."]


def test_an_empty_edit_is_refused_with_a_sentence(seeded: Application) -> None:
    at = click(open_page("review", seeded), "review_edit")
    at.text_area[0].set_value("  ")
    click(at, "review_save_text")
    assert at.error
    assert seeded.enhancements.published(catalog_of(seeded)) == {}


def test_a_rejection_keeps_its_reason(seeded: Application) -> None:
    at = click(open_page("review", seeded), "review_reject")
    at.text_input[-1].set_value("not our syllabus")
    click(at, "review_confirm_reject")
    rejected = seeded.enhancements.of_catalog(catalog_of(seeded), [ReviewState.REJECTED])
    assert [it.reason for it in rejected] == ["Wrong facts: not our syllabus"]


def test_markdown_in_a_catalog_stays_text(seeded: Application) -> None:
    at = open_page("review", seeded)
    at.text_input(key="review_search").set_value("Acoustics")
    run(at)
    assert r"\[of\]\(https" in at.subheader[0].value
    assert r"\*rooms\*" in at.subheader[0].value


def test_bulk_approval_asks_before_it_publishes(seeded: Application) -> None:
    at = open_page("review", seeded)
    at.session_state["review_view"] = "many"
    run(at)
    passing = [item for item in review_queue(seeded, catalog_of(seeded)).items if not item.enhancement.has_hard_finding]
    click(at, "review_bulk_approve")
    assert Translator("en")("review.bulk_question", count=len(passing)) in shown(at)
    assert review_queue(seeded, catalog_of(seeded)).counts[ReviewState.APPROVED] == 0


def test_a_draft_that_was_picked_as_an_exception_stays_one_when_the_queue_moves(seeded: Application) -> None:
    at = open_page("review", seeded)
    at.session_state["review_view"] = "many"
    run(at)
    items = review_queue(seeded, catalog_of(seeded)).items
    exception = next(item for item in items[1:] if not item.enhancement.has_hard_finding).enhancement.enhancement_id
    ids = [item.enhancement.enhancement_id for item in items]
    at.session_state[table_key("review_table", ids)] = {"selection": {"rows": [ids.index(exception)]}}
    run(at)
    seeded.enhancements.decide([ids[0]], ReviewState.REJECTED, "Lee", "dull")  # every row moves up
    click(at, "review_bulk_approve")
    now = [item.enhancement.enhancement_id for item in review_queue(seeded, catalog_of(seeded)).items]
    assert now == ids[1:]
    assert at.session_state[table_key("review_table", now)]["selection"]["rows"] == [now.index(exception)]
    assert Translator("en")("review.bulk_left_out", count=1) in shown(at)


@pytest.mark.parametrize("gains", [True, False])
def test_an_effect_that_no_release_would_have_is_called_so(
    empty: Application, monkeypatch: pytest.MonkeyPatch, language: str, gains: bool
) -> None:
    monkeypatch.setattr(review_effect, "effect_of", lambda *_: Effect(40, 3, 3, 0, (), (), 0))
    monkeypatch.setattr(review_effect, "embeds_generated", lambda *_: gains)

    def page(language: str) -> None:
        from core.i18n import Translator
        from pages.widgets.review_effect import draw_effect

        draw_effect("catalog", ["a draft"], Translator(language))  # type: ignore[list-item]

    at = run(AppTest.from_function(page, args=(language,)))
    assert (Translator(language)("effects.not_embedded") in [each.value for each in at.caption]) is not gains
