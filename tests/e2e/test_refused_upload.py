"""A file that the browser does not send at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from core.i18n import LANGUAGES
from tests.e2e.conftest import Dashboard, settle

SAID_BELOW = "box => getComputedStyle(box, '::after').content"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_is_too_large_is_refused_with_what_to_do(
    dashboard: Dashboard, page: Page, tmp_path: Path, language: str
) -> None:
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    with large.open("wb") as file:
        file.truncate(201 * 2**20)
    small.write_text("code,title\nA1,Optics\n")
    page.goto(f"{dashboard.url}/catalog?lang={language}")
    settle(page)
    box = page.locator("[data-testid=stFileUploader]").first
    said = {}
    for path in (small, large):
        box.locator("input[type=file]").set_input_files(path)
        box.get_by_text(path.name, exact=True).wait_for()
        settle(page)
        said[path] = box.evaluate(SAID_BELOW)
    assert said[small] == "none"
    assert "200 MB" in said[large]
