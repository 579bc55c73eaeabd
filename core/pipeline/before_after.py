"""Before and after, as in the report: one course at a time in float16 and float32, and as a job writes today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.jobs.measuring_request import MeasuringKind, MeasuringRequest, read_trial
from core.jobs.reasons import as_message
from core.measurement.calibration import Configuration, summarise_trials
from core.measurement.hardware import get_device
from core.models.languages import FAKE_PREFIX
from core.models.references import resolve
from core.pipeline.application import Application
from core.pipeline.calibration import flat_row, is_busy
from core.pipeline.calibration_choices import MAX_PROMPTS
from core.pipeline.engine_choice import choose_engine
from core.pipeline.measuring_plans import plan_measuring, provenance, refuse_endpoint
from core.pipeline.settings import read_settings
from core.records import Measurement, Message

DEFAULT_SECONDS = 300.0
_LEAST_TEXTS = 4  # that each way writes; a batch writes as many as it holds
# The report's figures of one course: seconds, and peak memory in GB.
REPORTED = {"one_float16": (32.14, 2.4), "one_float32": (1.18, 4.8)}


@dataclass(frozen=True, slots=True)
class Way:
    """One way of writing, measured here; `reported_*` are the report's figures where it has any."""

    name: str  # "one_float16", "one_float32" or "ours"; "one_none" for a made-up model
    configuration: Configuration
    rounds: int
    seconds_per_course: float | None  # None when it failed
    factor: float | None  # how many times as fast as one by one in float16
    tokens_per_second: float | None
    peak_mib: float
    reported_seconds: float | None
    reported_factor: float | None
    reported_gb: float | None
    error: Message | None


@dataclass(frozen=True, slots=True)
class BeforeAfterView:
    """The newest comparison."""

    made_at: datetime
    ways: tuple[Way, ...]  # float16, float32, ours
    machine: Mapping[str, Any]  # everything needed to repeat it
    was_busy: bool


def plan_before_after(app: Application, seconds: float = DEFAULT_SECONDS) -> MeasuringRequest:
    """The two ways of the report and the present one, on the same prompts.

    Raises ModelError without a model, JobError when the model is a server.
    """
    settings, device = read_settings(app), get_device()
    model_ref = settings.generation_model
    refuse_endpoint(model_ref)
    if model_ref.startswith(FAKE_PREFIX):
        before: tuple[Configuration, ...] = (Configuration("fake", "none", 1),)
        ours = Configuration("fake", "none", 16)
    else:
        before = tuple(Configuration("transformers", precision, 1) for precision in ("float16", "float32"))
        folder = resolve(model_ref, app.config)
        choice = choose_engine(app, model_ref, folder, device, settings.engine, settings.precision)
        batch_size = settings.generation.batch_size or choice.batch_size
        ours = Configuration(choice.engine, choice.precision, batch_size, choice.threads)
    return plan_measuring(
        app, MeasuringKind.BEFORE_AFTER, seconds, (*before, ours), prompts=MAX_PROMPTS, least_texts=_LEAST_TEXTS
    )


def latest_before_after(app: Application) -> BeforeAfterView | None:
    """The newest comparison; None before the first."""
    runs = app.measurements.list(MeasuringKind.BEFORE_AFTER, 1)
    if not runs:
        return None
    rows, about = runs[0].rows, runs[0].machine
    slowest = next((row for row in rows if row["name"] == "one_float16" and row["courses_per_minute"]), None)
    ways = tuple(_way(row, slowest) for row in rows)
    return BeforeAfterView(runs[0].created_at, ways, about, is_busy(rows, about))


def keep(app: Application, request: MeasuringRequest, result: Mapping[str, Any]) -> None:
    """Store what was measured, one row a way."""
    trials = [read_trial(values) for values in result["trials"]]
    if not trials:
        return
    order = {each: place for place, each in enumerate(request.configurations)}
    rows = summarise_trials(trials, request.configurations[0])
    values = [
        {"name": _name(row.configuration, request), **flat_row(row)}
        for row in sorted(rows, key=lambda row: order[row.configuration])
    ]
    app.measurements.save_once(Measurement(request.request_id, request.kind, values, provenance(request)))


def _name(configuration: Configuration, request: MeasuringRequest) -> str:
    return "ours" if configuration == request.configurations[-1] else f"one_{configuration.precision}"


def _way(row: Mapping[str, Any], slowest: Mapping[str, Any] | None) -> Way:
    rate = row["courses_per_minute"]
    reported, reported_gb = REPORTED.get(row["name"], (None, None))
    return Way(
        name=row["name"],
        configuration=Configuration(row["engine"], row["precision"], row["batch_size"], row["threads"]),
        rounds=row["rounds"],
        seconds_per_course=60 / rate if rate else None,
        factor=rate / slowest["courses_per_minute"] if rate and slowest else None,
        tokens_per_second=row["decode_tokens_per_second"],
        peak_mib=row["peak_mib"],
        reported_seconds=reported,
        reported_factor=REPORTED["one_float16"][0] / reported if reported else None,
        reported_gb=reported_gb,
        error=None if row["error"] is None else as_message(row["error"]),
    )
