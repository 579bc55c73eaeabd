"""What asks before it acts, and keys instead of clicks: only a real browser can show these."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Dashboard, open_page, press, settle
from tests.seeding import seed

RESTORE = "[class*='st-key-settings_restore_'] button"


@pytest.fixture(scope="module")
def seeded_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    running = Dashboard.start(seed(tmp_path_factory.mktemp("seeded")))
    yield running
    running.stop()


def test_a_backup_brings_back_what_was_decided_after_it(seeded_dashboard: Dashboard, page: Page) -> None:
    open_page(page, seeded_dashboard, "settings")
    page.get_by_role("tab", name="Data and backup").click()
    press(page, "settings_backup")
    expect(page.locator(RESTORE).first).to_be_visible()

    open_page(page, seeded_dashboard, "review")
    expect(page.get_by_text("1 of 6")).to_be_visible()
    expect(page.locator(".st-key-review_undo")).to_be_visible()
    page.wait_for_timeout(1_000)  # keys are heard a moment after their buttons are drawn
    page.locator("body").press("a")
    expect(page.get_by_text("1 of 5")).to_be_visible()
    press(page, "review_undo")
    expect(page.get_by_text("1 of 6")).to_be_visible()
    page.get_by_text("Many at once").click()
    press(page, "review_bulk_approve")
    press(page, "review_bulk_confirm")
    expect(page.get_by_text("Approve 0 …")).to_be_visible()  # the draft with a link in it is held back

    open_page(page, seeded_dashboard, "settings")
    page.get_by_role("tab", name="Data and backup").click()
    page.locator(RESTORE).first.click()
    settle(page)
    press(page, "settings_restore_confirm")
    expect(page.get_by_text("The backup is in place.")).to_be_visible()
    open_page(page, seeded_dashboard, "review")
    expect(page.get_by_text("1 of 6")).to_be_visible()


def test_letters_typed_into_a_text_decide_nothing(seeded_dashboard: Dashboard, page: Page) -> None:
    open_page(page, seeded_dashboard, "review")
    press(page, "review_edit")
    text = page.get_by_role("textbox", name=re.compile("Your wording"))
    text.press_sequentially(" axs")
    expect(text).to_have_value(re.compile("axs$"))
    expect(page.get_by_text("1 of 6")).to_be_visible()
