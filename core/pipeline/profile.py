"""The profile of one generation in two precisions, through the reference engine on the user's own prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import JobError
from core.jobs.measuring_request import MeasuringKind, MeasuringRequest
from core.measurement.calibration import Configuration
from core.measurement.profile import ComparedPart, PrecisionProfile, ProfiledPart, findings, side_by_side
from core.models.languages import FAKE_PREFIX
from core.pipeline.application import Application
from core.pipeline.calibration import is_busy
from core.pipeline.measuring_plans import plan_measuring, provenance
from core.pipeline.settings import read_settings
from core.records import Measurement, Message

PRECISIONS = ("float32", "float16", "bfloat16")
DEFAULT_PRECISIONS = ("float32", "float16")
BATCHES = (1, 8, 32)
DEFAULT_BATCH = 8
DEFAULT_SECONDS = 300.0  # for each precision
_NEW_TOKENS = 12  # every token takes the same steps, and profilers keep each of them in memory
_ENGINE = "transformers"  # the others do not show their operators


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The newest profile."""

    made_at: datetime
    first: PrecisionProfile
    second: PrecisionProfile
    operators: tuple[ComparedPart, ...]  # most time on top
    functions: tuple[ComparedPart, ...]
    findings: tuple[Message, ...]
    batch_size: int
    machine: Mapping[str, Any]  # everything needed to repeat it
    was_busy: bool  # other programs used the machine meanwhile


def plan_profile(
    app: Application,
    precisions: Sequence[str] = DEFAULT_PRECISIONS,
    batch_size: int = DEFAULT_BATCH,
    seconds: float = DEFAULT_SECONDS,
) -> MeasuringRequest:
    """A profile of two different precisions with `batch_size` courses at once.

    Raises JobError for equal precisions and for models that have no operators, ModelError without a model.
    """
    if len(set(precisions)) != 2:
        raise JobError("profile.two_precisions")
    if read_settings(app).generation_model.startswith(FAKE_PREFIX):
        raise JobError("profile.fake_model")
    configurations = tuple(Configuration(_ENGINE, precision, batch_size) for precision in precisions)
    return plan_measuring(
        app, MeasuringKind.PROFILE, seconds, configurations, prompts=batch_size, max_new_tokens=_NEW_TOKENS
    )


def latest_profile(app: Application) -> ProfileView | None:
    """The newest profile; None before the first."""
    runs = app.measurements.list(MeasuringKind.PROFILE, 1)
    if not runs:
        return None
    first, second = (_read(row) for row in runs[0].rows)
    return ProfileView(
        made_at=runs[0].created_at,
        first=first,
        second=second,
        operators=tuple(side_by_side(first.operators, second.operators)),
        functions=tuple(side_by_side(first.functions, second.functions)),
        findings=findings(first, second),
        batch_size=runs[0].machine["batch_size"],
        machine=runs[0].machine,
        was_busy=is_busy(runs[0].rows, runs[0].machine),
    )


def keep(app: Application, request: MeasuringRequest, result: Mapping[str, Any]) -> None:
    """Store both precisions' profiles, a row each."""
    about = {**provenance(request), "engine": _ENGINE, "batch_size": request.configurations[0].batch_size}
    app.measurements.save_once(Measurement(request.request_id, request.kind, result["profiles"], about))


def _read(row: Mapping[str, Any]) -> PrecisionProfile:
    parts = {name: tuple(ProfiledPart(**part) for part in row[name]) for name in ("operators", "functions")}
    return PrecisionProfile(**{**row, **parts})
