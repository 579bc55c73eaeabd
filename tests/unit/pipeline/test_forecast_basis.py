"""What a run is forecast from before it starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.measurement.forecast import Forecast
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, plan_enhancement
from core.pipeline.settings import read_settings
from core.records import ItemState, Job, JobKind, JobStatus, Timing
from core.storage.journal_batch import ItemSample, JobItem, JournalBatch

BEGAN = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def plan_forecast(app: Application, catalog_id: str) -> Forecast | None:
    """For five courses, four of which are written side by side."""
    settings = replace(read_settings(app).generation, batch_size=4)
    return plan_enhancement(app, catalog_id, options=EnhancementOptions("fake", "fake:", settings=settings)).forecast


def store_run(app: Application, catalog_id: str, number: int, seconds: list[float], loads: int = 1) -> None:
    """An earlier run with these settings, whose texts took these seconds; the model was loaded in 10 s each time."""
    settings = replace(read_settings(app).generation, batch_size=4)
    plan = plan_enhancement(app, catalog_id, options=EnhancementOptions("fake", "fake:", settings=settings))
    spec: dict[str, Any] = {"engine": plan.engine, "model_ref": plan.model_ref, "precision": plan.precision}
    spec["settings"] = settings.as_dict()
    at = BEGAN + timedelta(hours=number)
    job = Job(f"j{number}", JobKind.ENHANCE, catalog_id, JobStatus.RUNNING, spec, "s", at, len(seconds))
    keys = [f"C{place}" for place in range(len(seconds))]
    app.jobs.create(job, keys)
    batch = JournalBatch(
        items=[JobItem(key, ItemState.DONE, 1, each) for key, each in zip(keys, seconds, strict=True)],
        samples=[ItemSample(key, at, each, 50, 100.0, 4) for key, each in zip(keys, seconds, strict=True)],
        timings=[Timing("load_model", 10.0) for _ in range(loads)],
    )
    app.jobs.apply_journal(job.job_id, 0, 1, batch)
    app.jobs.set_status(job.job_id, JobStatus.SUCCEEDED)


def test_one_text_that_was_written_again_says_nothing_about_many(app: Application, catalog_id: str) -> None:
    store_run(app, catalog_id, 1, [2.0] * 8)
    store_run(app, catalog_id, 2, [30.0])
    found = plan_forecast(app, catalog_id)
    assert found is not None
    assert found.seconds == 5 * 2.0 + 10.0


def test_a_short_trial_is_better_than_nothing(app: Application, catalog_id: str) -> None:
    assert plan_forecast(app, catalog_id) is None
    store_run(app, catalog_id, 1, [3.0] * 2)
    store_run(app, catalog_id, 2, [30.0])
    found = plan_forecast(app, catalog_id)
    assert found is not None
    assert found.seconds == 5 * 3.0 + 10.0


def test_a_run_that_was_paused_twice_does_not_make_the_next_one_load_its_model_thrice(
    app: Application, catalog_id: str
) -> None:
    store_run(app, catalog_id, 1, [2.0] * 8, loads=3)
    found = plan_forecast(app, catalog_id)
    assert found is not None
    assert found.seconds == 5 * 2.0 + 10.0
