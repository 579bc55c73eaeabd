"""The pages ask nothing of any other machine: no fonts, no icons, no usage statistics."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Dashboard

PAGES = ("", "catalog", "enhance", "review", "students", "weights", "performance", "settings")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_only_its_own_server(dashboard: Dashboard, page: Page, name: str) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{dashboard.url}/{name}")
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=60_000)
    page.wait_for_timeout(1_000)  # what is asked for late, such as the icon of the window
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(dashboard.url).netloc}
