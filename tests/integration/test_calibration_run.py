"""Measurements in real processes, with the engine that needs no model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.config import Config
from core.errors import JobError
from core.i18n import Translator
from core.jobs.spec import JobSpec, WorkItem
from core.pipeline.application import Application
from core.pipeline.before_after import latest_before_after, plan_before_after
from core.pipeline.calibration import latest_calibration, plan_calibration
from core.pipeline.engine_choice import winner_for
from core.pipeline.measuring import cancel_measuring, measuring_progress, run_measuring, start_measuring
from core.pipeline.peaks import plan_peaks
from core.pipeline.profile import plan_profile
from core.pipeline.settings import AUTO_BATCH, change_settings, read_settings
from core.records import JobKind

MODEL = "fake:delay=0.01"


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    with Application(Config(own_state_folder), watch_jobs=False) as opened:
        change_settings(opened, replace(read_settings(opened), generation_model=MODEL))
        yield opened


def an_embedding(job_id: str) -> JobSpec:
    item = WorkItem("a", "h", text="text", role="passage")
    values = {"catalog_id": "c", "model_ref": MODEL, "engine": "fake", "precision": "none", "device": "cpu"}
    return JobSpec(job_id=job_id, kind=JobKind.EMBED, settings={}, items=(item,), **values)


def wait_until_measured(app: Application) -> None:
    until = time.monotonic() + 60
    while measuring_progress(app).is_running and time.monotonic() < until:
        time.sleep(0.1)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_calibration_sets_the_default_and_says_why(app: Application, language: str) -> None:
    run_measuring(app, plan_calibration(app, seconds=4))
    view = latest_calibration(app)
    assert view is not None
    (chosen,) = [row for row in view.rows if row["verdict"] == "chosen"]
    winner = winner_for(app, MODEL, view.device)
    assert winner is not None
    assert (winner.engine, winner.batch_size) == ("fake", chosen["batch_size"])
    assert read_settings(app).generation.batch_size == AUTO_BATCH  # so that runs take the winner's
    assert "fake" in Translator(language).message(view.reason)
    assert chosen["peak_mib"] > 0
    assert view.machine["prompt_version"]


def test_a_calibration_in_the_background_is_stored_once_and_keeps_jobs_out(app: Application) -> None:
    start_measuring(app, plan_calibration(app, seconds=3))
    assert measuring_progress(app).is_running
    for refused in (lambda: app.job_service.start(an_embedding("j")), lambda: run_measuring(app, plan_peaks(app))):
        with pytest.raises(JobError) as caught:
            refused()
        assert caught.value.message.key in ("measuring.refuses_jobs", "measuring.under_way")
    wait_until_measured(app)
    measuring_progress(app)
    assert latest_calibration(app) is not None
    assert len(app.measurements.list("engines")) == 1


def test_a_measurement_that_is_stopped_leaves_nothing_and_lets_jobs_in(app: Application) -> None:
    start_measuring(app, plan_calibration(app, seconds=60))
    cancel_measuring(app)
    begun = time.monotonic()
    wait_until_measured(app)
    assert time.monotonic() - begun < 30
    assert measuring_progress(app).error is None
    assert latest_calibration(app) is None
    app.job_service.wait(app.job_service.start(an_embedding("j")).job_id)


def test_a_running_job_refuses_a_calibration(app: Application) -> None:
    job = app.job_service.start(an_embedding("j"))
    with pytest.raises(JobError) as caught:
        run_measuring(app, plan_calibration(app, seconds=1))
    assert caught.value.message.key == "measuring.job_running"
    app.job_service.wait(job.job_id)


def test_a_model_server_is_not_measured(app: Application) -> None:
    app.settings.set("settings", {"generation_model": "openai:http://127.0.0.1:9/v1#model"})
    for plan in (plan_calibration, plan_before_after, plan_profile):
        with pytest.raises(JobError) as caught:
            plan(app)
        assert caught.value.message.key == "measuring.endpoint"


def test_before_and_after_are_measured_by_the_same_machinery(app: Application) -> None:
    run_measuring(app, plan_before_after(app, seconds=4))
    view = latest_before_after(app)
    assert view is not None
    assert [way.name for way in view.ways] == ["one_none", "ours"]
    assert all(way.seconds_per_course and way.peak_mib for way in view.ways)
