"""Text in, text out: scripts, markup, formulas and invisible signs in every free field stay text on every page."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page

from tests.e2e.conftest import Dashboard, open_page, pick_row, settle
from tests.e2e.hostile_home import exports, seed_hostile

PAGES = ("", "catalog", "enhance", "review", "students", "weights", "performance", "settings")
TABLES = {"catalog": "courses", "students": "students_table"}
SHOWS_FIELDS = ("review", "catalog", "students")
FORMULA = tuple("=+-@\t\r＝＋－＠")

# What must not be there: our marks as anything but text. Signs that nobody sees count too.
LOOK = r"""
() => {
  const found = [];
  const mark = /Hit[A-Z]\w+/;
  const all = [...document.querySelectorAll("*")];
  for (const e of all) {
    const at = name => e.getAttribute(name) || "";
    if (/\bhit\b/.test(at("class"))) found.push("element of a field: " + e.outerHTML.slice(0, 120));
    for (const a of ["src", "href", "xlink:href", "srcset", "action", "poster", "data"])
      if (at(a).includes("hit.invalid") || at(a).startsWith("javascript:"))
        found.push(a + " of " + e.tagName + ": " + at(a).slice(0, 120));
    for (const a of ["onerror", "onload", "onclick"]) if (at(a).includes("alert")) found.push(a + " of " + e.tagName);
    const own = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("").trim();
    if (mark.test(own)) {
      const inside = e.closest("strong, em, h1, h2, h3, del, td, blockquote, a, s");
      if (["STRONG","EM","DEL","BLOCKQUOTE","A","S"].includes(inside?.tagName) && /^Hit\w+$/.test(own))
        found.push("markdown: " + inside.outerHTML.slice(0, 160));
      if (e.tagName === "CODE" && /^HitCode$/.test(own)) found.push("code: " + e.outerHTML.slice(0, 120));
      if (/^Hit(Red|Blue)$/.test(own)) found.push("colour: " + e.outerHTML.slice(0, 120));
      if (e.tagName === "tspan" && /bold|italic/.test(at("style"))) found.push("chart: " + e.outerHTML.slice(0, 120));
    }
    if (/stIconMaterial/.test(at("data-testid")) && e.textContent.includes("bug_report")) found.push("icon");
  }
  if (document.querySelector(".katex, .katex-error, mjx-container")) found.push("formula drawn");
  const text = document.body.innerText;
  if (/\u{1F337}/u.test(text)) found.push("emoji");
  const hidden = text.match(/[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u001b]/);
  if (hidden) {
    const at = text.indexOf(hidden[0]);
    found.push("invisible sign in " + JSON.stringify(text.slice(at - 40, at + 20)));
  }
  if (/HIT/.test(document.title)) found.push("script ran");
  return found;
}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed_hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def files(home: Path) -> dict[str, bytes]:
    return exports(home)


@pytest.fixture(scope="module")
def hostile(home: Path, files: dict[str, bytes]) -> Iterator[Dashboard]:
    running = Dashboard.start(home)
    yield running
    running.stop()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_in_a_field_acts_on_a_page(hostile: Dashboard, page: Page, name: str) -> None:
    dialogs: list[str] = []
    asked: set[str] = set()
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.add(request.url))
    open_page(page, hostile, name)
    found = _look(page)
    for _ in _steps(page, name):
        settle(page)
        found |= _look(page)
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert (found, dialogs, hosts) == (set(), [], {urlsplit(hostile.url).netloc})
    if name in SHOWS_FIELDS:
        assert "Hit" in page.locator("body").inner_text()


def _steps(page: Page, name: str) -> Iterator[None]:
    """Open what a page keeps closed: rows of its table, tabs, expanders, what a chart says under the mouse."""
    if name in TABLES:
        for row in range(3):
            pick_row(page, TABLES[name], row)
            yield
    if name == "review":
        for view in (1, 2, 0):  # many at once, the releases, one by one
            page.locator(".st-key-review_view button").nth(view).click()
            yield
            if view == 2:
                for summary in page.locator("summary:visible").all():
                    summary.click()
                yield
                page.locator(".st-key-release_earlier").get_by_role("combobox").first.click()
                yield
                page.keyboard.press("Escape")
    for number in range(1, page.get_by_role("tab").count()):
        page.get_by_role("tab").nth(number).click()
        yield
    for summary in page.locator("summary:visible").all():
        summary.click()
    yield
    for chart in page.locator(".js-plotly-plot:visible").all()[:2]:
        chart.hover()
    yield


def test_nothing_in_a_download_is_a_formula(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith("csv"):
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
            acting = [cell for row in rows for cell in row if cell.startswith(FORMULA) and not _is_number(cell)]
        elif name.endswith("jsonl"):  # for programs: texts as they are, one object a line
            acting = [line for line in content.decode().splitlines() if not isinstance(json.loads(line), dict)]
        else:
            sheets = load_workbook(io.BytesIO(content)).worksheets
            cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
            acting = [str(cell.value) for cell in cells if cell.data_type == "f" or cell.hyperlink is not None]
        assert acting == [], name


def _look(page: Page) -> set[str]:
    return set(page.evaluate(LOOK))


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", cell) is not None
