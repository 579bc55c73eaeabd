"""Runs as people start, watch, pause and repeat them, and the Performance page after them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.i18n import Translator
from core.pipeline import enhancement, jobs, settings
from core.pipeline.application import Application
from core.records import JobKind, JobStatus, ReviewState
from pages.widgets.picking import table_key
from tests.pages_lab import (
    JOB_SECONDS,
    click,
    figures,
    open_dashboard,
    run,
    wait_for,
)

pytestmark = pytest.mark.usefixtures("whole_dashboard")


def test_a_run_is_started_watched_and_summed_up(uploaded: Application) -> None:
    at = open_dashboard("enhance")
    assert figures(at)[Translator("en")("enhance.to_write")] == "4"
    click(at, "start_enhancement")
    (job,) = jobs.list_jobs(uploaded)
    assert job.total == 4
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.SUCCEEDED)
    run(at)
    assert figures(at)["Done"] == "4"
    parts = next(frame.value for frame in at.dataframe if Translator("en")("widgets.part") in frame.value.columns)
    assert Translator("en")("widgets.part_generate") in list(parts.iloc[:, 0])
    assert at.button(key="go_review")


def test_a_second_start_finds_the_first_ones_job(uploaded: Application) -> None:
    first, second = open_dashboard("enhance"), open_dashboard("enhance")
    click(first, "start_enhancement")
    click(second, "start_enhancement")
    assert len(jobs.list_jobs(uploaded)) == 1


def test_when_the_picked_courses_were_written_by_others_the_button_for_them_starts_nothing(
    uploaded: Application,
) -> None:
    catalog_id = uploaded.catalogs.list()[0].catalog_id
    keys = [course.course_key for course in enhancement.plan_enhancement(uploaded, catalog_id).courses]
    at = open_dashboard("enhance")
    at.session_state[table_key("planned", keys)] = {"selection": {"rows": [0]}}
    run(at)
    scope = enhancement.EnhancementScope(course_keys=frozenset(keys[:1]))
    job = enhancement.start_enhancement(uploaded, enhancement.plan_enhancement(uploaded, catalog_id, scope))
    uploaded.job_service.wait(job.job_id, JOB_SECONDS)
    next(button for button in at.button if str(button.key).startswith("start_")).click()
    run(at)
    assert len(jobs.list_jobs(uploaded)) == 1


def test_a_trial_writes_no_more_than_it_says(uploaded: Application) -> None:
    at = open_dashboard("enhance")
    at.number_input(key="scope_limit").set_value(2)
    click(run(at), "try_on")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.SUCCEEDED)
    drafts = uploaded.enhancements.of_catalog(uploaded.catalogs.list()[0].catalog_id)
    assert [draft.state for draft in drafts] == [ReviewState.DRAFT] * 2


def test_a_run_can_be_paused_resumed_and_cancelled(uploaded: Application) -> None:
    settings.change_settings(uploaded, replace(settings.read_settings(uploaded), generation_model="fake:delay=3"))
    at = open_dashboard("enhance")
    click(at, "start_enhancement")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.RUNNING)
    click(run(at), "pause_job")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.PAUSED)
    click(run(at), "resume_job")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.RUNNING)
    click(run(at), "cancel_job")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.CANCELLED)
    catalog_id = uploaded.catalogs.list()[0].catalog_id
    assert jobs.active_job(uploaded, catalog_id, JobKind.ENHANCE) is None
    assert run(at).button(key="start_enhancement")


def test_cancelling_a_paused_run_shows_its_end_at_once(uploaded: Application) -> None:
    settings.change_settings(uploaded, replace(settings.read_settings(uploaded), generation_model="fake:delay=3"))
    at = click(open_dashboard("enhance"), "start_enhancement")
    click(at, "pause_job")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.PAUSED)
    click(run(at), "cancel_job")
    assert at.button(key="start_enhancement")


def test_a_run_whose_model_cannot_be_loaded_says_why(uploaded: Application) -> None:
    settings.change_settings(uploaded, replace(settings.read_settings(uploaded), generation_model="fake:load_fails=1"))
    at = open_dashboard("enhance")
    click(at, "start_enhancement")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.FAILED)
    assert len(run(at).error) == 1
    assert at.button(key="start_enhancement")


def test_failed_courses_can_be_tried_again(uploaded: Application) -> None:
    settings.change_settings(
        uploaded, replace(settings.read_settings(uploaded), generation_model="fake:fail_on=Optics")
    )
    at = open_dashboard("enhance")
    click(at, "start_enhancement")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.SUCCEEDED)
    assert figures(run(at))["Failed"] == "1"
    (job,) = jobs.list_jobs(uploaded)
    click(at, f"retry_{job.job_id}")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.SUCCEEDED)
    (again,) = jobs.list_jobs(uploaded)
    assert again.journal_position > job.journal_position
    assert (again.done, again.failed) == (3, 1)


def test_what_was_already_written_costs_nothing(uploaded: Application) -> None:
    at = open_dashboard("enhance")
    click(at, "start_enhancement")
    wait_for(lambda: jobs.list_jobs(uploaded)[0].status is JobStatus.SUCCEEDED)
    run(at).checkbox(key="scope_redo").check()
    shown = figures(run(at))
    assert shown[Translator("en")("enhance.to_write")] == "0"
    assert shown[Translator("en")("enhance.cached")] == "4"


def test_no_time_is_foretold_where_nothing_is_to_be_written(uploaded: Application) -> None:
    at = open_dashboard("enhance")
    assert Translator("en")("enhance.expected") in figures(at)
    at.text_input(key="scope_search").set_value("no course is called so")
    assert figures(run(at))[Translator("en")("enhance.to_write")] == "0"
    assert Translator("en")("enhance.expected") not in figures(at)


def test_a_missing_model_is_offered_for_installation(uploaded: Application) -> None:
    chosen = settings.read_settings(uploaded)
    uploaded.settings.set("settings", {"generation_model": settings.Settings().generation_model})
    assert settings.read_settings(uploaded) != chosen
    at = open_dashboard("enhance")
    assert at.button(key="install_models")
    assert "start_enhancement" not in {button.key for button in at.button}


def test_the_performance_page_lists_runs_after_the_first(uploaded: Application) -> None:
    catalog_id = uploaded.catalogs.list()[0].catalog_id
    job = enhancement.start_enhancement(uploaded, enhancement.plan_enhancement(uploaded, catalog_id))
    assert uploaded.job_service.wait(job.job_id, JOB_SECONDS).status is JobStatus.SUCCEEDED
    at = open_dashboard("performance")
    runs = next(frame.value for frame in at.dataframe if Translator("en")("performance.items") in frame.value.columns)
    assert list(runs[Translator("en")("performance.items")]) == [4]
