"""What a job took, in numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.pipeline.application import Application
from core.pipeline.enhancement import forecast_setting
from core.pipeline.jobs import JobReport, active_job, job_report, last_failure, list_jobs
from core.records import ItemState, Job, JobKind, JobStatus, Message
from core.storage.journal_batch import ItemSample, JobItem, JournalBatch

BEGAN = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NIGHT = 14 * 3600.0
FORECAST = {"seconds": 40.0, "low": 30.0, "high": 50.0}


def report(app: Application, moments: list[float], status: JobStatus, total: int) -> JobReport:
    """Of a job whose items, four at a time and 10 s each four, were finished at these seconds."""
    keys = [f"C{number}" for number in range(total)]
    job = Job("job", JobKind.ENHANCE, "catalog", JobStatus.RUNNING, {}, "settings", BEGAN, total)
    app.jobs.create(job, keys)
    done = list(zip(keys, moments, strict=False))
    batch = JournalBatch(
        items=[JobItem(key, ItemState.DONE, 1, 2.5, 50) for key, _ in done],
        samples=[ItemSample(key, BEGAN + timedelta(seconds=at), 2.5, 50, 100.0, 4) for key, at in done],
    )
    app.jobs.apply_journal("job", 0, 1, batch)
    app.settings.set(forecast_setting("job"), FORECAST)
    app.jobs.set_status("job", status)
    return job_report(app, "job")


def test_the_night_in_which_a_job_was_paused_is_not_its_work(app: Application) -> None:
    moments = [10.0] * 4 + [20.0] * 4 + [NIGHT] * 4 + [NIGHT + 10] * 4
    found = report(app, moments, JobStatus.SUCCEEDED, 16)
    assert found.seconds == pytest.approx(40.0)
    assert found.courses_per_minute == pytest.approx(24.0)
    assert found.tokens_per_second == pytest.approx(20.0)
    assert found.series[-1].tokens_per_second == pytest.approx(20.0)
    assert found.forecast is not None and found.forecast.was_within_range


def test_the_forecast_of_a_run_that_was_cut_short_is_not_held_against_it(app: Application) -> None:
    assert report(app, [10.0] * 4, JobStatus.CANCELLED, 16).forecast is None


def test_a_catalogs_run_is_found_after_many_texts_of_another_were_written_again(app: Application) -> None:
    for number in range(250):
        catalog_id, at = ("other", number) if number else ("this", 0)
        job = Job(f"j{number}", JobKind.ENHANCE, catalog_id, JobStatus.QUEUED, {}, "s", BEGAN + timedelta(hours=at), 1)
        app.jobs.create(job, ["C1"])
        app.jobs.set_status(job.job_id, JobStatus.FAILED, Message("jobs.hung"))
    assert [job.job_id for job in list_jobs(app, JobKind.ENHANCE, catalog_id="this")] == ["j0"]
    assert last_failure(app, "this", JobKind.ENHANCE) == Message("jobs.hung")


def test_the_run_under_way_is_shown_and_not_one_that_waits_for_it(app: Application) -> None:
    """Whenever they were made: the clock may have been set back."""
    for name, status, hours in (("runs", JobStatus.PAUSED, 1), ("waits", JobStatus.QUEUED, 0)):
        at = BEGAN + timedelta(hours=hours)
        app.jobs.create(Job(name, JobKind.ENHANCE, "c", status, {}, "s", at, 1), ["C1"], name, may_wait=True)
    job = active_job(app, "c", JobKind.ENHANCE)
    assert job is not None
    assert job.job_id == "runs"
