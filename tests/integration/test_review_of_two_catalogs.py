"""One session that reviews two catalogs with the same codes in turn: nothing meant for one reaches the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.jobs import cancel_job, list_jobs
from core.pipeline.review import review_queue
from core.pipeline.settings import change_settings, read_settings
from core.records import ReviewState
from tests.pages_lab import button_of, catalog_of, click, open_page, run, shown
from tests.seeding import CATALOG


@pytest.fixture
def other(seeded: Application) -> str:
    """Another catalog with the same courses and the same drafts."""
    drafts = seeded.enhancements.of_catalog(catalog_of(seeded))
    preview = preview_catalog(seeded, CATALOG.encode(), "c.csv")
    other = apply_catalog(seeded, preview, name="Spring").catalog_id
    seeded.enhancements.save(
        [replace(each, catalog_id=other, enhancement_id=f"other-{each.enhancement_id}") for each in drafts]
    )
    return other


def turn_to(at: AppTest, catalog_id: str) -> AppTest:
    at.session_state["catalog_id"] = catalog_id
    return run(at)


def test_undo_takes_back_what_was_decided_about_the_catalog_on_the_screen(seeded: Application, other: str) -> None:
    first = catalog_of(seeded)
    at = turn_to(click(open_page("review", seeded), "review_approve"), other)
    assert button_of(at, "review_undo").disabled
    click(turn_to(click(at, "review_approve"), first), "review_undo")
    counts = [review_queue(seeded, catalog_id).counts[ReviewState.APPROVED] for catalog_id in (first, other)]
    assert counts == [0, 1]


def test_a_course_of_the_same_code_is_not_said_to_be_written_again(seeded: Application, other: str) -> None:
    change_settings(seeded, replace(read_settings(seeded), generation_model="fake:delay=5"))
    running, first = Translator("en")("source.again_running"), catalog_of(seeded)
    at = click(click(open_page("review", seeded), "review_again"), "again_start")
    assert running in shown(at)
    assert running not in shown(turn_to(at, other))
    assert running in shown(turn_to(at, first))
    cancel_job(seeded, list_jobs(seeded)[0].job_id)
