"""The first start, the overview, uploading and browsing a catalog, and what every page does with errors."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.config import PROJECT_FOLDER
from core.errors import IntakeError
from core.i18n import LANGUAGES, Translator
from core.pipeline.application import Application
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.status import overview
from core.pipeline.triage import read_thresholds, read_triage
from core.records import DescriptionStatus
from tests.pages_lab import (
    CATALOG,
    click,
    figures,
    open_dashboard,
    run,
)

NEXT_TERM = CATALOG.replace("Poems.", "Poems of a whole century.").replace("PHYS-1,Optics,Physics,\n", "") + (
    "LIT-2,Drama,Literature,\n,,,\nLIT-3,,Literature,no title\n"
)
PAGES = ("overview", "catalog", "enhance", "performance")
pytestmark = pytest.mark.usefixtures("whole_dashboard")


def upload(at: AppTest, content: str, name: str = "catalog.csv") -> AppTest:
    at.file_uploader(key="catalog_file").upload(name, content.encode(), "text/csv")
    return run(at)


def choose_target(at: AppTest, catalog_id: str) -> AppTest:
    next(box for box in at.selectbox if (box.key or "").startswith("target_")).set_value(catalog_id)
    return run(at)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_before_anything_was_uploaded(empty: Application, name: str, language: str) -> None:
    at = open_dashboard(name, language)
    key = "overview.welcome" if name == "overview" else f"{name}.title"
    assert at.title[0].value == Translator(language)(key)
    assert not at.error


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_with_a_catalog(uploaded: Application, name: str, language: str) -> None:
    at = open_dashboard(name, language)
    assert at.title[0].value == Translator(language)(f"{name}.title")
    assert not at.error
    assert at.sidebar.selectbox(key="catalog_id").options == ["Autumn"]


def test_the_language_switch_changes_the_page_and_the_address(uploaded: Application) -> None:
    at = open_dashboard("catalog")
    at.button_group(key="language").set_value("ko")
    run(at)
    assert at.title[0].value == Translator("ko")("catalog.title")
    assert at.query_params["lang"] == "ko"
    run(at.switch_page("pages/enhance.py"))
    assert at.title[0].value == Translator("ko")("enhance.title")


def test_a_filter_survives_the_language_switch(uploaded: Application) -> None:
    at = open_dashboard("catalog")
    at.button_group(key="course_statuses").set_value([DescriptionStatus.MISSING])
    run(at)
    at.button_group(key="language").set_value("ko")
    run(at)
    assert len(at.dataframe[0].value) == 3


def test_the_sample_is_one_click_away_at_the_first_start(empty: Application) -> None:
    at = open_dashboard("overview")
    at.selectbox(key="sample").set_value("ko_free")
    at.checkbox(key="with_students").uncheck()
    click(at, "load_sample")
    (catalog,) = empty.catalogs.list()
    assert catalog.is_sample
    assert figures(at)[Translator("en")("overview.courses")] == f"{catalog.course_count:,}"


def test_the_overview_leads_to_the_most_pressing_step(uploaded: Application) -> None:
    at = open_dashboard("overview")
    assert figures(at)[Translator("en")("overview.insufficient")] == "4"
    t, first = Translator("en"), overview(uploaded).next_steps[0]
    steps = [button for button in at.button if (button.key or "").startswith("step_")]
    assert steps[0].label == t("overview.open_page", page=t(f"app.page_{first.page}"))


def test_an_upload_is_shown_before_it_is_stored_and_stored_when_applied(empty: Application) -> None:
    at = upload(open_dashboard("catalog"), CATALOG)
    assert figures(at)["Courses"] == "5"
    assert empty.catalogs.list() == []
    at.text_input(key="catalog_name").set_value("Spring")
    click(at, "apply_catalog")
    (catalog,) = empty.catalogs.list()
    assert (catalog.name, catalog.course_count) == ("Spring", 5)
    assert at.success


def test_another_column_can_be_chosen_and_is_remembered(empty: Application) -> None:
    at = upload(open_dashboard("catalog"), CATALOG)
    department = next(box for box in at.selectbox if (box.key or "").endswith("_department"))
    department.set_value("code")
    run(at)
    click(at, "apply_catalog")
    courses = empty.catalogs.courses(empty.catalogs.list()[0].catalog_id)
    assert "MATH-1" in {course.department for course in courses}
    again = open_dashboard("catalog")
    again.button_group(key="catalog_view").set_value("upload")
    upload(run(again), NEXT_TERM)
    assert next(box for box in again.selectbox if (box.key or "").endswith("_department")).value == "code"


def test_the_next_term_shows_its_changes_and_problems_first(uploaded: Application) -> None:
    at = open_dashboard("catalog")
    at.button_group(key="catalog_view").set_value("upload")
    upload(run(at), NEXT_TERM)
    shown = figures(at)
    assert (shown["New"], shown["Changed"], shown["Removed"], shown["Unchanged"]) == ("1", "1", "1", "3")
    assert int(shown["Problems"]) >= 1
    assert read_triage(uploaded, uploaded.catalogs.list()[0].catalog_id).statuses[DescriptionStatus.MISSING] == 3
    click(at, "apply_catalog")
    assert {course.code for course in uploaded.catalogs.courses(uploaded.catalogs.list()[0].catalog_id)} == {
        "MATH-1",
        "MATH-2",
        "PHYS-2",
        "LIT-1",
        "LIT-2",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_was_opened_before_another_import_is_compared_anew(uploaded: Application, language: str) -> None:
    at = open_dashboard("catalog", language)
    at.button_group(key="catalog_view").set_value("upload")
    upload(run(at), CATALOG)
    (catalog,) = uploaded.catalogs.list()
    following = preview_catalog(uploaded, NEXT_TERM.encode(), "autumn.csv", catalog_id=catalog.catalog_id)
    apply_catalog(uploaded, following)
    stored = uploaded.catalogs.courses(catalog.catalog_id)
    click(at, "apply_catalog")
    (warning,) = at.warning
    assert "autumn" in warning.value
    assert uploaded.catalogs.courses(catalog.catalog_id) == stored
    assert figures(at)[Translator(language)("catalog.removed")] == "1"  # what the other file brought
    click(at, "apply_catalog")
    assert not at.warning
    assert "PHYS-1" in {course.code for course in uploaded.catalogs.courses(catalog.catalog_id)}


def test_a_file_can_go_to_a_new_catalog_instead(uploaded: Application) -> None:
    at = open_dashboard("catalog")
    at.button_group(key="catalog_view").set_value("upload")
    upload(run(at), NEXT_TERM)
    choose_target(at, "")
    assert "Removed" not in figures(at)
    at.text_input(key="catalog_name").set_value("Another")
    click(run(at), "apply_catalog")
    assert sorted(catalog.name for catalog in uploaded.catalogs.list()) == ["Another", "Autumn"]
    assert at.sidebar.selectbox(key="catalog_id").value == next(
        catalog.catalog_id for catalog in uploaded.catalogs.list() if catalog.name == "Another"
    )


def test_a_file_that_is_no_table_gets_one_sentence(empty: Application) -> None:
    at = open_dashboard("catalog")
    at.file_uploader(key="catalog_file").upload("bad.csv", b"\x00\x01\xff" * 100, "text/csv")
    run(at)
    assert len(at.error) == 1
    assert empty.catalogs.list() == []


def test_thresholds_show_their_effect_before_they_are_stored(uploaded: Application) -> None:
    at = open_dashboard("catalog")
    at.button_group(key="catalog_view").set_value("thresholds")
    run(at)
    at.number_input(key="english_words").set_value(400)
    run(at)
    assert figures(at)[Translator("en")("widgets.status_sufficient")] == "0"
    assert read_thresholds(uploaded).english_words != 400
    click(at, "save_thresholds")
    assert read_thresholds(uploaded).english_words == 400
    assert read_triage(uploaded, uploaded.catalogs.list()[0].catalog_id).statuses[DescriptionStatus.SUFFICIENT] == 0


def test_the_search_narrows_the_list_of_courses(uploaded: Application) -> None:
    at = open_dashboard("catalog")
    at.text_input(key="course_search").set_value("probab")
    run(at)
    assert list(at.dataframe[0].value.iloc[:, 0]) == ["MATH-2"]


def test_our_errors_are_shown_as_their_sentence(uploaded: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise IntakeError("pipeline.error.no_file", file="a*b*.csv")

    monkeypatch.setattr("core.pipeline.status.overview", refuse)
    (error,) = open_dashboard("overview", "ko").error
    assert error.value.replace("\\", "") == Translator("ko")("pipeline.error.no_file", file="a*b*.csv")
    assert "a\\*b\\*" in error.value


def test_unexpected_errors_show_a_reference_and_no_traceback(
    uploaded: Application, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("core.pipeline.status.overview", break_down)
    with caplog.at_level(logging.ERROR):
        (error,) = open_dashboard("overview").error
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.getMessage().split()[-1] in error.value
    assert "of all things" not in error.value


def test_no_page_brings_a_model_library_into_the_apps_process(uploaded_home: Path, tmp_path: Path) -> None:
    """Torch and its kin belong into worker processes: the app must start quickly and survive their crashes."""
    home = shutil.copytree(uploaded_home, tmp_path / "copy")
    pages = [f"pages/{path.name}" for path in (PROJECT_FOLDER / "pages").glob("*.py") if path.stem != "__init__"]
    script = f"""
import os, sys
os.environ["COURSELIFT_HOME"] = {str(home)!r}
from streamlit.testing.v1 import AppTest
at = AppTest.from_file({str(PROJECT_FOLDER / "app.py")!r}, default_timeout=60).run()
for page in {pages!r}:
    at.switch_page(page).run()
    assert not at.exception, page
print(sorted(sys.modules.keys() & {{"torch", "transformers", "openvino", "sentence_transformers"}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_FOLDER, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"
