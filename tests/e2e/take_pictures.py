"""Take a picture of every page of a running dashboard, in both languages and both themes.

    python -m tests.e2e.take_pictures http://127.0.0.1:8501 FOLDER [PAGE ...]

The README's pictures are made with it. It clicks nothing that changes data.
"""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import BROWSER_ARGUMENTS, pick_row, press, settle
from tests.ensure_browser import find_browser

PAGES = ("overview", "catalog", "enhance", "review", "weights", "students", "performance", "settings")
TABLES = {"students": "students_table", "enhance": "past_jobs"}  # pages that say more when a row is picked
BUTTONS = {"weights": "weights_preset_50_50"}  # or when something is tried that changes no data
COLOURS = 256  # enough for flat pages, at a third of the size
LANGUAGES = ("en", "ko")
THEMES = ("light", "dark")


def take(browser: Browser, url: str, folder: Path, pages: list[str]) -> None:
    """Write `<page>-<language>-<theme>.png` for every combination."""
    for language in LANGUAGES:
        for theme in THEMES:
            context = browser.new_context(
                locale={"en": "en-US", "ko": "ko-KR"}[language],
                color_scheme="dark" if theme == "dark" else "light",
                viewport={"width": 1400, "height": 1200},
            )
            window = context.new_page()
            for name in pages:
                window.goto(f"{url}/{'' if name == 'overview' else name}")
                settle(window)
                if name in TABLES and window.locator(f"[class*='st-key-{TABLES[name]}']").count():
                    pick_row(window, TABLES[name])
                if name in BUTTONS:
                    press(window, BUTTONS[name])
                window.mouse.move(900, 5)  # what is under the mouse shows a tool bar
                window.wait_for_timeout(1_500)
                picture = Image.open(BytesIO(window.screenshot()))
                picture.quantize(COLOURS).save(folder / f"{name}-{language}-{theme}.png", optimize=True)
            context.close()


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="*", default=list(PAGES))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_ARGUMENTS)
        take(browser, arguments.url.rstrip("/"), arguments.folder, arguments.pages)
        browser.close()


if __name__ == "__main__":
    main()
