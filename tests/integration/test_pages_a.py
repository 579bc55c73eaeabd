"""Overview, catalog, enhance and performance in the whole dashboard, run by Streamlit's tester on a real database."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from core.config import PROJECT_FOLDER, Config
from core.errors import IntakeError
from core.i18n import LANGUAGES, Translator
from core.pipeline import enhancement, intake, jobs, settings
from core.pipeline.application import Application
from core.pipeline.status import overview
from core.pipeline.triage import read_thresholds, read_triage
from core.records import DescriptionStatus, JobKind, JobStatus, ReviewState
from pages.widgets.session import application

CATALOG = """code,title,department,description
MATH-1,Linear algebra,Mathematics,
MATH-2,Probability,Mathematics,Chance and counting from coins to continuous distributions with many worked examples of \
all the kinds that students meet in their later courses and work.
PHYS-1,Optics,Physics,
PHYS-2,Acoustics [of](https://example.org) *rooms*,Physics,TBA
LIT-1,Modern poetry,Literature,Poems.
"""
NEXT_TERM = CATALOG.replace("Poems.", "Poems of a whole century.").replace("PHYS-1,Optics,Physics,\n", "") + (
    "LIT-2,Drama,Literature,\n,,,\nLIT-3,,Literature,no title\n"
)
PAGES = ("overview", "catalog", "enhance", "performance")
TIMEOUT_SECONDS = 60
JOB_SECONDS = 40


@pytest.fixture(scope="module")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with a catalog and an engine that needs no model."""
    home = tmp_path_factory.mktemp("seeded")
    with Application(Config(home), watch_jobs=False) as app:
        chosen = settings.read_settings(app)
        settings.change_settings(app, replace(chosen, generation_model="fake:delay=0.1", embedding_model="fake:"))
        intake.apply_catalog(app, intake.preview_catalog(app, CATALOG.encode(), "c.csv"), name="Autumn")
    return home


class NavigatedPages(PagesManager):
    """Pages as a server has them that has already seen `st.navigation`.

    The tester forgets that before each run, and then runs the files of the folder `pages` without `app.py`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        PagesManager.uses_pages_directory = False


@pytest.fixture(autouse=True)
def whole_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.testing.v1.app_test.PagesManager", NavigatedPages)


@pytest.fixture
def empty(own_state_folder: Path) -> Iterator[Application]:
    """The pages' own application, with nothing in it."""
    yield application()
    st.cache_resource.clear()


@pytest.fixture
def seeded(seeded_home: Path, own_state_folder: Path) -> Iterator[Application]:
    """The pages' own application, with this test's copy of the seeded state folder."""
    shutil.copytree(seeded_home, own_state_folder, dirs_exist_ok=True)
    yield application()
    st.cache_resource.clear()


def open_page(name: str, language: str = "en") -> AppTest:
    at = AppTest.from_file(PROJECT_FOLDER / "app.py", default_timeout=TIMEOUT_SECONDS)
    at.query_params["lang"] = language
    run(at)
    if name != "overview":
        run(at.switch_page(f"pages/{name}.py"))
    return at


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def click(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click()
    return run(at)


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def wait_for(condition: Callable[[], bool], seconds: float = JOB_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(0.1)


def upload(at: AppTest, content: str, name: str = "catalog.csv") -> AppTest:
    at.file_uploader(key="catalog_file").upload(name, content.encode(), "text/csv")
    return run(at)


def choose_target(at: AppTest, catalog_id: str) -> AppTest:
    next(box for box in at.selectbox if (box.key or "").startswith("target_")).set_value(catalog_id)
    return run(at)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_before_anything_was_uploaded(empty: Application, name: str, language: str) -> None:
    at = open_page(name, language)
    key = "overview.welcome" if name == "overview" else f"{name}.title"
    assert at.title[0].value == Translator(language)(key)
    assert not at.error


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_with_a_catalog(seeded: Application, name: str, language: str) -> None:
    at = open_page(name, language)
    assert at.title[0].value == Translator(language)(f"{name}.title")
    assert not at.error
    assert at.sidebar.selectbox(key="catalog_id").options == ["Autumn"]


def test_the_language_switch_changes_the_page_and_the_address(seeded: Application) -> None:
    at = open_page("catalog")
    at.button_group(key="language").set_value("ko")
    run(at)
    assert at.title[0].value == Translator("ko")("catalog.title")
    assert at.query_params["lang"] == "ko"
    run(at.switch_page("pages/enhance.py"))
    assert at.title[0].value == Translator("ko")("enhance.title")


def test_a_filter_survives_the_language_switch(seeded: Application) -> None:
    at = open_page("catalog")
    at.button_group(key="course_statuses").set_value([DescriptionStatus.MISSING])
    run(at)
    at.button_group(key="language").set_value("ko")
    run(at)
    assert len(at.dataframe[0].value) == 3


def test_the_sample_is_one_click_away_at_the_first_start(empty: Application) -> None:
    at = open_page("overview")
    at.selectbox(key="sample").set_value("ko_free")
    at.checkbox(key="with_students").uncheck()
    click(at, "load_sample")
    (catalog,) = empty.catalogs.list()
    assert catalog.is_sample
    assert figures(at)[Translator("en")("overview.courses")] == f"{catalog.course_count:,}"


def test_the_overview_leads_to_the_most_pressing_step(seeded: Application) -> None:
    at = open_page("overview")
    assert figures(at)[Translator("en")("overview.insufficient")] == "4"
    t, first = Translator("en"), overview(seeded).next_steps[0]
    steps = [button for button in at.button if (button.key or "").startswith("step_")]
    assert steps[0].label == t("overview.open_page", page=t(f"app.page_{first.page}"))


def test_an_upload_is_shown_before_it_is_stored_and_stored_when_applied(empty: Application) -> None:
    at = upload(open_page("catalog"), CATALOG)
    assert figures(at)["Courses"] == "5"
    assert empty.catalogs.list() == []
    at.text_input(key="catalog_name").set_value("Spring")
    click(at, "apply_catalog")
    (catalog,) = empty.catalogs.list()
    assert (catalog.name, catalog.course_count) == ("Spring", 5)
    assert at.success


def test_another_column_can_be_chosen_and_is_remembered(empty: Application) -> None:
    at = upload(open_page("catalog"), CATALOG)
    department = next(box for box in at.selectbox if (box.key or "").endswith("_department"))
    department.set_value("code")
    run(at)
    click(at, "apply_catalog")
    courses = empty.catalogs.courses(empty.catalogs.list()[0].catalog_id)
    assert "MATH-1" in {course.department for course in courses}
    again = open_page("catalog")
    again.button_group(key="catalog_view").set_value("upload")
    upload(run(again), NEXT_TERM)
    assert next(box for box in again.selectbox if (box.key or "").endswith("_department")).value == "code"


def test_the_next_term_shows_its_changes_and_problems_first(seeded: Application) -> None:
    at = open_page("catalog")
    at.button_group(key="catalog_view").set_value("upload")
    upload(run(at), NEXT_TERM)
    shown = figures(at)
    assert (shown["New"], shown["Changed"], shown["Removed"], shown["Unchanged"]) == ("1", "1", "1", "3")
    assert int(shown["Problems"]) >= 1
    assert read_triage(seeded, seeded.catalogs.list()[0].catalog_id).statuses[DescriptionStatus.MISSING] == 3
    click(at, "apply_catalog")
    assert {course.code for course in seeded.catalogs.courses(seeded.catalogs.list()[0].catalog_id)} == {
        "MATH-1",
        "MATH-2",
        "PHYS-2",
        "LIT-1",
        "LIT-2",
    }


def test_a_file_can_go_to_a_new_catalog_instead(seeded: Application) -> None:
    at = open_page("catalog")
    at.button_group(key="catalog_view").set_value("upload")
    upload(run(at), NEXT_TERM)
    choose_target(at, "")
    assert "Removed" not in figures(at)
    at.text_input(key="catalog_name").set_value("Another")
    click(run(at), "apply_catalog")
    assert sorted(catalog.name for catalog in seeded.catalogs.list()) == ["Another", "Autumn"]
    assert at.sidebar.selectbox(key="catalog_id").value == next(
        catalog.catalog_id for catalog in seeded.catalogs.list() if catalog.name == "Another"
    )


def test_a_file_that_is_no_table_gets_one_sentence(empty: Application) -> None:
    at = open_page("catalog")
    at.file_uploader(key="catalog_file").upload("bad.csv", b"\x00\x01\xff" * 100, "text/csv")
    run(at)
    assert len(at.error) == 1
    assert empty.catalogs.list() == []


def test_thresholds_show_their_effect_before_they_are_stored(seeded: Application) -> None:
    at = open_page("catalog")
    at.button_group(key="catalog_view").set_value("thresholds")
    run(at)
    at.number_input(key="english_words").set_value(400)
    run(at)
    assert figures(at)[Translator("en")("widgets.status_sufficient")] == "0"
    assert read_thresholds(seeded).english_words != 400
    click(at, "save_thresholds")
    assert read_thresholds(seeded).english_words == 400
    assert read_triage(seeded, seeded.catalogs.list()[0].catalog_id).statuses[DescriptionStatus.SUFFICIENT] == 0


def test_the_search_narrows_the_list_of_courses(seeded: Application) -> None:
    at = open_page("catalog")
    at.text_input(key="course_search").set_value("probab")
    run(at)
    assert list(at.dataframe[0].value.iloc[:, 0]) == ["MATH-2"]


def test_a_run_is_started_watched_and_summed_up(seeded: Application) -> None:
    at = open_page("enhance")
    assert figures(at)[Translator("en")("enhance.to_write")] == "4"
    click(at, "start_enhancement")
    (job,) = jobs.list_jobs(seeded)
    assert job.total == 4
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.SUCCEEDED)
    run(at)
    assert figures(at)["Done"] == "4"
    parts = next(frame.value for frame in at.dataframe if Translator("en")("widgets.part") in frame.value.columns)
    assert Translator("en")("widgets.part_generate") in list(parts.iloc[:, 0])
    assert at.button(key="go_review")


def test_a_second_start_finds_the_first_ones_job(seeded: Application) -> None:
    first, second = open_page("enhance"), open_page("enhance")
    click(first, "start_enhancement")
    click(second, "start_enhancement")
    assert len(jobs.list_jobs(seeded)) == 1


def test_a_trial_writes_no_more_than_it_says(seeded: Application) -> None:
    at = open_page("enhance")
    at.number_input(key="scope_limit").set_value(2)
    click(run(at), "try_on")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.SUCCEEDED)
    drafts = seeded.enhancements.of_catalog(seeded.catalogs.list()[0].catalog_id)
    assert [draft.state for draft in drafts] == [ReviewState.DRAFT] * 2


def test_a_run_can_be_paused_resumed_and_cancelled(seeded: Application) -> None:
    settings.change_settings(seeded, replace(settings.read_settings(seeded), generation_model="fake:delay=3"))
    at = open_page("enhance")
    click(at, "start_enhancement")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.RUNNING)
    click(run(at), "pause_job")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.PAUSED)
    click(run(at), "resume_job")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.RUNNING)
    click(run(at), "cancel_job")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.CANCELLED)
    catalog_id = seeded.catalogs.list()[0].catalog_id
    assert jobs.active_job(seeded, catalog_id, JobKind.ENHANCE) is None
    assert run(at).button(key="start_enhancement")


def test_a_run_whose_model_cannot_be_loaded_says_why(seeded: Application) -> None:
    settings.change_settings(seeded, replace(settings.read_settings(seeded), generation_model="fake:load_fails=1"))
    at = open_page("enhance")
    click(at, "start_enhancement")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.FAILED)
    assert len(run(at).error) == 1
    assert at.button(key="start_enhancement")


def test_failed_courses_can_be_tried_again(seeded: Application) -> None:
    settings.change_settings(seeded, replace(settings.read_settings(seeded), generation_model="fake:fail_on=Optics"))
    at = open_page("enhance")
    click(at, "start_enhancement")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.SUCCEEDED)
    assert figures(run(at))["Failed"] == "1"
    (job,) = jobs.list_jobs(seeded)
    click(at, f"retry_{job.job_id}")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.SUCCEEDED)
    (again,) = jobs.list_jobs(seeded)
    assert again.journal_position > job.journal_position
    assert (again.done, again.failed) == (3, 1)


def test_what_was_already_written_costs_nothing(seeded: Application) -> None:
    at = open_page("enhance")
    click(at, "start_enhancement")
    wait_for(lambda: jobs.list_jobs(seeded)[0].status is JobStatus.SUCCEEDED)
    run(at).checkbox(key="scope_redo").check()
    shown = figures(run(at))
    assert shown[Translator("en")("enhance.to_write")] == "0"
    assert shown[Translator("en")("enhance.cached")] == "4"


def test_a_missing_model_is_offered_for_installation(seeded: Application) -> None:
    chosen = settings.read_settings(seeded)
    seeded.settings.set("settings", {"generation_model": settings.Settings().generation_model})
    assert settings.read_settings(seeded) != chosen
    at = open_page("enhance")
    assert at.button(key="install_models")
    assert "start_enhancement" not in {button.key for button in at.button}


def test_the_performance_page_lists_runs_after_the_first(seeded: Application) -> None:
    catalog_id = seeded.catalogs.list()[0].catalog_id
    job = enhancement.start_enhancement(seeded, enhancement.plan_enhancement(seeded, catalog_id))
    assert seeded.job_service.wait(job.job_id, JOB_SECONDS).status is JobStatus.SUCCEEDED
    at = open_page("performance")
    runs = next(frame.value for frame in at.dataframe if Translator("en")("performance.items") in frame.value.columns)
    assert list(runs[Translator("en")("performance.items")]) == [4]


def test_our_errors_are_shown_as_their_sentence(seeded: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise IntakeError("pipeline.error.no_file", file="a*b*.csv")

    monkeypatch.setattr("core.pipeline.status.overview", refuse)
    (error,) = open_page("overview", "ko").error
    assert error.value.replace("\\", "") == Translator("ko")("pipeline.error.no_file", file="a*b*.csv")
    assert "a\\*b\\*" in error.value


def test_unexpected_errors_show_a_reference_and_no_traceback(
    seeded: Application, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("core.pipeline.status.overview", break_down)
    with caplog.at_level(logging.ERROR):
        (error,) = open_page("overview").error
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.getMessage().split()[-1] in error.value
    assert "of all things" not in error.value


def test_no_page_brings_a_model_library_into_the_apps_process(seeded_home: Path, tmp_path: Path) -> None:
    """Torch and its kin belong into worker processes: the app must start quickly and survive their crashes."""
    home = shutil.copytree(seeded_home, tmp_path / "copy")
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
