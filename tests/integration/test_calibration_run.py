"""A calibration in real processes, with the engine that needs no model."""

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
from core.pipeline.calibration import (
    calibration_progress,
    calibration_to_csv,
    latest_calibration,
    run_calibration,
    start_calibration,
)
from core.pipeline.engine_choice import winner_for
from core.pipeline.settings import change_settings, read_settings
from core.records import JobKind

MODEL = "fake:delay=0.01"


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    with Application(Config(own_state_folder), watch_jobs=False) as opened:
        change_settings(opened, replace(read_settings(opened), generation_model=MODEL))
        yield opened


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_calibration_sets_the_default_and_can_be_taken_away(app: Application, language: str) -> None:
    view = run_calibration(app, seconds=4)
    assert view is not None
    (chosen,) = [row for row in view.rows if row["verdict"] == "chosen"]
    winner = winner_for(app, MODEL, view.device)
    assert winner is not None
    assert (winner.engine, winner.batch_size) == ("fake", chosen["batch_size"])
    assert read_settings(app).generation.batch_size == chosen["batch_size"]
    t = Translator(language)
    assert "fake" in t.message(view.reason)
    lines = calibration_to_csv(view, t).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(view.rows)
    assert chosen["peak_mib"] > 0


def test_a_calibration_in_the_background_is_stored_once(app: Application) -> None:
    start_calibration(app, seconds=3)
    assert calibration_progress(app).is_running
    until = time.monotonic() + 60
    while calibration_progress(app).is_running and time.monotonic() < until:
        time.sleep(0.2)
    calibration_progress(app)
    assert latest_calibration(app) is not None
    assert len(app.measurements.list("calibration")) == 1


def test_a_running_job_refuses_a_calibration(app: Application) -> None:
    item = WorkItem("a", "h", text="text", role="passage")
    values = {"catalog_id": "c", "model_ref": MODEL, "engine": "fake", "precision": "none", "device": "cpu"}
    job = app.job_service.start(JobSpec(job_id="j", kind=JobKind.EMBED, settings={}, items=(item,), **values))
    with pytest.raises(JobError) as caught:
        run_calibration(app, seconds=1)
    assert caught.value.message.key == "calibration.job_running"
    app.job_service.wait(job.job_id)
