"""The whole job by clicking, with the real models: upload, enhance, review, students, recommendations, one student."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.config import DATA_FOLDER
from tests.e2e.conftest import Dashboard, open_page, pick_row, press, settle

COURSES = 60  # of the real catalog, so that the real models are done in a minute
STUDENTS = 200
WRITTEN = 4


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A part of the sample catalog under Windows' Korean encoding, and students of its departments."""
    folder = tmp_path_factory.mktemp("files")
    with (DATA_FOLDER / "en_rpi_catalog.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["subject"] in ("ARTS", "CSCI", "PHYS")]
    poor = [row for row in rows if not row["description"]][:20]
    rich = [row for row in rows if len(row["description"]) > 200][: COURSES - len(poor)]
    catalog = folder / "가을학기 교과목.csv"
    catalog.write_bytes(as_csv([*poor, *rich]).encode("cp949", errors="ignore"))
    with (DATA_FOLDER / "students_synthetic.csv").open(encoding="utf-8", newline="") as source:
        students = list(csv.DictReader(source))[:STUDENTS]
    table = folder / "students.csv"
    table.write_text(as_csv(students), encoding="utf-8-sig")
    return catalog, table


def as_csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def test_1_a_catalog_is_uploaded_and_understood(dashboard: Dashboard, page: Page, files: tuple[Path, Path]) -> None:
    open_page(page, dashboard, "catalog")
    page.locator(".st-key-catalog_file input[type=file]").set_input_files(files[0])
    page.locator(".st-key-apply_catalog button").wait_for()
    expect(page.get_by_role("button", name=f"{COURSES}")).to_be_visible()
    press(page, "apply_catalog")
    expect(page.locator(".st-key-go_enhance")).to_be_visible()


def test_2_missing_descriptions_are_written_while_the_page_shows_it(dashboard: Dashboard, page: Page) -> None:
    open_page(page, dashboard, "enhance")
    limit = page.locator(".st-key-scope_limit input")
    limit.fill(str(WRITTEN))
    limit.press("Enter")
    settle(page)
    press(page, "start_enhancement")
    expect(page.locator(".st-key-live_job")).to_be_visible()
    expect(page.locator(".st-key-job_result")).to_be_visible(timeout=240_000)
    expect(page.locator(".st-key-result_parts_chart")).to_be_visible()


def test_3_a_draft_is_approved_undone_edited_and_rejected(dashboard: Dashboard, page: Page) -> None:
    open_page(page, dashboard, "review")
    waiting = page.get_by_test_id("stMetric").first.get_by_test_id("stMetricValue")
    expect(waiting).to_have_text(str(WRITTEN))
    press(page, "review_approve")
    expect(waiting).to_have_text(str(WRITTEN - 1))
    press(page, "review_undo")
    expect(waiting).to_have_text(str(WRITTEN))
    press(page, "review_approve")
    press(page, "review_edit")
    text = page.locator("textarea").first
    text.fill("Students practise the craft of the field in small groups and discuss each other's work.")
    text.press("Tab")
    page.locator(".st-key-review_save_text button").click()
    expect(waiting).to_have_text(str(WRITTEN - 2))
    press(page, "review_reject")
    page.locator(".st-key-review_confirm_reject button").click()
    expect(waiting).to_have_text(str(WRITTEN - 3))


def test_4_students_are_uploaded(dashboard: Dashboard, page: Page, files: tuple[Path, Path]) -> None:
    open_page(page, dashboard, "students")
    page.locator(".st-key-students_file input[type=file]").set_input_files(files[1])
    page.locator(".st-key-students_apply button").wait_for()
    press(page, "students_apply")
    open_page(page, dashboard, "students")
    expect(page.get_by_text(f"{STUDENTS}").first).to_be_visible()


def test_5_texts_become_vectors_and_all_students_get_a_list(dashboard: Dashboard, page: Page) -> None:
    open_page(page, dashboard, "weights")
    expect(page.locator(".st-key-embed_start button")).to_contain_text("Publish 2 texts")
    press(page, "embed_start")
    expect(page.locator(".st-key-weights_recompute")).to_be_visible(timeout=240_000)
    press(page, "weights_recompute")
    expect(page.locator(".st-key-weights_state")).to_contain_text(f"{STUDENTS}")


def test_6_a_students_list_has_reasons_and_contributions(dashboard: Dashboard, page: Page) -> None:
    open_page(page, dashboard, "students")
    page.locator("[class*='st-key-students_table'] canvas").first.wait_for()
    pick_row(page, "students_table")
    expect(page.locator(".st-key-student_place_1")).to_be_visible()
    expect(page.locator(".st-key-student_place_1 li").first).to_be_visible()
    expect(page.locator(".st-key-student_contributions .js-plotly-plot")).to_be_visible()


def test_7_the_language_can_be_switched(dashboard: Dashboard, page: Page) -> None:
    open_page(page, dashboard)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.locator(".st-key-language").get_by_text("한국어").click()
    settle(page)
    expect(page.get_by_text("다음에 할 일")).to_be_visible()


@pytest.mark.parametrize("name", ["", "catalog", "enhance", "review", "weights", "students", "performance", "settings"])
def test_8_every_page_opens_without_an_error(dashboard: Dashboard, page: Page, name: str) -> None:
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    open_page(page, dashboard, name)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.locator('[data-testid="stAlertContentError"]')).to_have_count(0)
    assert troubles == []
