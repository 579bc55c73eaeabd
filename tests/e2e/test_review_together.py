"""Review in real browsers: two people at one queue, a course corrected, a text written again, effects found out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from core.config import Config
from core.pipeline.application import Application
from core.pipeline.settings import change_settings, read_settings
from tests.e2e.conftest import Dashboard, open_page, press, settle
from tests.seeding import seed


@pytest.fixture(scope="module")
def seeded_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    home = seed(tmp_path_factory.mktemp("together"))
    with Application(Config(home), watch_jobs=False) as app:
        change_settings(app, replace(read_settings(app), engine="fake"))
    running = Dashboard.start(home)
    yield running
    running.stop()


def title(page: Page) -> str:
    return page.locator(".st-key-review_course h3").inner_text()


def test_two_people_get_different_texts_and_one_who_leaves_frees_theirs(
    seeded_dashboard: Dashboard, browser: Browser, page: Page
) -> None:
    others = browser.new_context(locale="ko-KR", viewport={"width": 1400, "height": 1000})
    open_page(page, seeded_dashboard, "review")
    other = others.new_page()
    open_page(other, seeded_dashboard, "review")
    first, second = title(page), title(other)
    assert first != second
    press(page, "review_approve")
    assert title(page) not in (first, second)
    others.close()
    press(page, "review_undo")
    page.reload()
    settle(page)
    assert title(page) == first


def test_two_people_decide_about_one_text_and_the_second_is_told(
    seeded_dashboard: Dashboard, browser: Browser, page: Page
) -> None:
    other = browser.new_context(locale="ko-KR", viewport={"width": 1400, "height": 1000}).new_page()
    open_page(page, seeded_dashboard, "review")
    open_page(other, seeded_dashboard, "review")
    press(other, "review_back")
    expect(other.get_by_text(re.compile("Kim 님도 이 글을 보고 있습니다"))).to_be_visible()
    assert title(page) == title(other)
    press(other, "review_approve")
    expect(other.get_by_text("5건 중 1번째")).to_be_visible()
    press(page, "review_approve")
    expect(page.get_by_text(re.compile("Kim approved the text of course .* after you opened it"))).to_be_visible()
    expect(page.get_by_text("2 of 5")).to_be_visible()  # the first one is before the other person now
    press(page, "review_back")
    press(other, "review_approve")
    press(page, "review_reject")  # opens a form only: the text is gone before anything is decided
    expect(page.get_by_text(re.compile("was decided by Kim meanwhile"))).to_be_visible()
    other.context.close()


def test_a_decision_of_another_session_is_undone_from_the_list(seeded_dashboard: Dashboard, page: Page) -> None:
    open_page(page, seeded_dashboard, "review")
    page.locator(".st-key-review_recent button").first.click()
    page.locator("[class*=st-key-review_recent_] button").first.click()
    expect(page.get_by_text("1 of 5")).to_be_visible()


def test_a_double_click_approves_the_text_that_was_read_and_no_other(seeded_dashboard: Dashboard, page: Page) -> None:
    open_page(page, seeded_dashboard, "review")
    page.locator(".st-key-review_approve button").click(click_count=2, delay=100)
    expect(page.get_by_text("1 of 4")).to_be_visible()
    settle(page)
    assert page.locator("[data-testid=stAlert]").count() == 0
    press(page, "review_undo")
    expect(page.get_by_text("1 of 5")).to_be_visible()


def test_a_text_is_written_again_and_its_effect_found_out(seeded_dashboard: Dashboard, page: Page) -> None:
    open_page(page, seeded_dashboard, "review")
    course = title(page)
    press(page, "review_again")
    page.locator(".st-key-again_start button").click()
    expect(page.get_by_text("Other texts for this course (1)")).to_be_visible()
    assert title(page) == course
    press(page, "effects_find_out")
    expect(page.locator(".st-key-review_effect")).to_be_visible()
    expect(page.locator(".st-key-effects_find_out")).to_have_count(0)


def test_a_corrected_course_says_why_its_text_is_stale(seeded_dashboard: Dashboard, page: Page) -> None:
    open_page(page, seeded_dashboard, "review")
    press(page, "review_source")
    text = page.locator(".st-key-review_source_form, form, [data-testid=stForm]").get_by_label("Credits")
    text.fill("3")
    text.press("Tab")
    settle(page)
    page.locator(".st-key-source_save button").click()
    change = page.locator(".st-key-review_source_change")
    expect(change).to_contain_text("Kim changed the course here")
    expect(change.locator("ins")).to_have_text("3")
