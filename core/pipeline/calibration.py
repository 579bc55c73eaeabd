"""Calibration: try engine, precision and batch size on the user's own prompts, and let "auto" mean the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core.jobs.measuring_request import MeasuringKind, MeasuringRequest, read_trial
from core.jobs.reasons import as_message, as_values
from core.measurement.background import BUSY_SHARE
from core.measurement.calibration import Configuration, Decision, Row, decide
from core.measurement.fidelity import Fidelity
from core.measurement.hardware import MachineFacts, get_device, get_optimal_dtype, machine_facts
from core.pipeline.application import Application
from core.pipeline.calibration_choices import MAX_PROMPTS, configurations_for
from core.pipeline.engine_choice import Winner, store_winner
from core.pipeline.measuring_plans import plan_measuring, provenance
from core.pipeline.settings import read_settings
from core.records import Measurement, Message

DEFAULT_SECONDS = 180.0
_NEW_TOKENS = 32  # a text's speed settles long before its end


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """A stored calibration."""

    made_at: datetime
    model_ref: str
    catalog: str
    device: str
    rows: tuple[Mapping[str, Any], ...]  # see `flat_row`
    machine: Mapping[str, Any]  # everything needed to repeat it
    reason: Message
    was_busy: bool  # other programs used the machine during a trial


def plan_calibration(app: Application, seconds: float = DEFAULT_SECONDS) -> MeasuringRequest:
    """What a calibration would try. Raises ModelError without a model, JobError when the model is a server."""
    model_ref = read_settings(app).generation_model
    return plan_measuring(
        app,
        MeasuringKind.ENGINES,
        seconds,
        configurations_for(model_ref, get_device(), machine_facts()),
        prompts=MAX_PROMPTS,
        least_texts=2,
        max_new_tokens=_NEW_TOKENS,
    )


def latest_calibration(app: Application) -> CalibrationView | None:
    """The newest stored calibration; None before the first."""
    runs = app.measurements.list(MeasuringKind.ENGINES, 1)
    if not runs:
        return None
    about = runs[0].machine
    return CalibrationView(
        made_at=runs[0].created_at,
        model_ref=about["model_ref"],
        catalog=about["catalog"],
        device=about["device"],
        rows=runs[0].rows,
        machine=about,
        reason=as_message(about["reason"]),
        was_busy=is_busy(runs[0].rows, about),
    )


def is_busy(rows: tuple[Mapping[str, Any], ...], about: Mapping[str, Any]) -> bool:
    """Whether other programs used more of the machine than a fair measurement allows."""
    return any(row["others"] > BUSY_SHARE * about["usable_cores"] for row in rows)


def keep(app: Application, request: MeasuringRequest, result: Mapping[str, Any]) -> None:
    """Store the trials of a finished calibration, and let the winner be the default."""
    trials = [read_trial(values) for values in result["trials"]]
    if not trials:
        return
    fidelities = {_configuration(values): _fidelity(values) for values in result["fidelities"]}
    facts = machine_facts()
    decision = decide(trials, request.configurations[0], _precision_reasons(request.device, facts), fidelities)
    about = {**provenance(request), "reason": as_values(decision.reason)}
    rows = [flat_row(row) for row in decision.rows]
    app.measurements.save_once(Measurement(request.request_id, request.kind, rows, about))
    _make_default(app, request, decision)


def flat_row(row: Row) -> dict[str, Any]:
    """A row as plain JSON values without nesting, its configuration's fields first."""
    values = asdict(row)
    values["error"] = None if row.error is None else as_values(row.error)
    return {**values.pop("configuration"), **values.pop("fidelity"), **values}


def _configuration(values: Mapping[str, Any]) -> Configuration:
    return Configuration(**values["configuration"])


def _fidelity(values: Mapping[str, Any]) -> Fidelity:
    return Fidelity(**{name: value for name, value in values.items() if name != "configuration"})


def _make_default(app: Application, request: MeasuringRequest, decision: Decision) -> None:
    best = decision.winner
    if best is None:
        return
    winner = Winner(best.engine, best.precision, best.batch_size, decision.reason, best.threads)
    store_winner(app, request.model_ref, request.device, winner)


def _precision_reasons(device: str, facts: MachineFacts) -> dict[str, Message]:
    rule = get_optimal_dtype(device, facts)
    return {rule.precision: rule.reason}
