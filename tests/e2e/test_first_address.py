"""The address of a page works as the very first one that a fresh server is asked for."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Dashboard


def test_a_pages_own_address_opens_the_whole_dashboard(page: Page, tmp_path: Path) -> None:
    dashboard = Dashboard.start(tmp_path)
    try:
        page.goto(f"{dashboard.url}/enhance")
        expect(page.locator("h1")).to_have_text("Enhance")
        expect(page.get_by_test_id("stSidebarNav").get_by_text("Recommendations")).to_be_visible()
        expect(page.locator(".st-key-language")).to_be_visible()
    finally:
        dashboard.stop()
