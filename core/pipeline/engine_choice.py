"""What "auto" means: the calibrated engine and precision of this machine, or the rule until it is calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import CourseLiftError
from core.generation.openvino_export import DECODER_EXPORT
from core.generation.registry import default_batch_size, default_engine
from core.jobs.reasons import as_message, as_values
from core.measurement.hardware import get_optimal_dtype, machine_facts
from core.models.endpoints import is_endpoint, parse_endpoint
from core.models.languages import FAKE_PREFIX
from core.models.references import resolve
from core.pipeline.application import Application
from core.pipeline.settings import AUTO
from core.records import Job, Message

_PLAIN_ENGINE = "transformers"  # takes every model, on every device
_ENDPOINT_ENGINE = "openai"
_WINNERS = "calibrated_winners"  # settings key: model reference -> winner


@dataclass(frozen=True, slots=True)
class Winner:
    """The best configuration of one model on one machine."""

    engine: str
    precision: str
    batch_size: int
    reason: Message
    threads: int = 0  # 0: as many as there are cores


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """With what to write, and why."""

    engine: str
    fallback_engine: str  # see JobSpec
    engine_reason: Message
    precision: str
    precision_reason: Message
    batch_size: int  # texts side by side, unless a person chose
    threads: int = 0  # to compute with; 0 for as many as there are cores


def choose_engine(
    app: Application, model_ref: str, folder: Path, device: str, engine: str, precision: str
) -> EngineChoice:
    """Fill in what is "auto" among engine and precision; what a person chose stays, and does not fall back."""
    if is_endpoint(model_ref) or engine == _ENDPOINT_ENGINE:
        parse_endpoint(model_ref)  # says what an endpoint looks like when this is none
        chosen = Message("endpoint.engine")
        batch_size = default_batch_size(_ENDPOINT_ENGINE, device)
        return EngineChoice(_ENDPOINT_ENGINE, "", chosen, "endpoint", Message("endpoint.precision"), batch_size)
    winner = winner_for(app, model_ref, device)
    fallback = ""
    reason = Message("calibration.engine.chosen")
    if engine == AUTO:
        engine, reason = _automatic_engine(model_ref, folder, device, winner)
        fallback = _PLAIN_ENGINE if engine == "openvino" else ""
    rule, batch_size = get_optimal_dtype(device), default_batch_size(engine, device)
    if precision != AUTO:
        return EngineChoice(engine, fallback, reason, precision, Message("pipeline.precision_chosen"), batch_size)
    if winner is not None and winner.engine == engine:
        best = winner.precision, winner.reason, winner.batch_size, winner.threads
        return EngineChoice(engine, fallback, reason, *best)
    return EngineChoice(engine, fallback, reason, rule.precision, rule.reason, batch_size)


def _automatic_engine(model_ref: str, folder: Path, device: str, winner: Winner | None) -> tuple[str, Message]:
    if model_ref.startswith(FAKE_PREFIX):
        return "fake", Message("calibration.engine.fake")
    engine = winner.engine if winner else default_engine(device)
    refusal = DECODER_EXPORT.refusal(folder) if engine == "openvino" else None
    if refusal is not None:
        return _PLAIN_ENGINE, Message("calibration.engine.fell_back", {"reason": refusal})
    if winner is not None:
        return engine, Message("calibration.engine.calibrated")
    return engine, Message("calibration.engine.rule")


def fell_back(app: Application, job: Job) -> Message | None:
    """Why a job's automatically chosen engine could not take the model; None when it could."""
    if not job.spec.get("fallback_engine"):
        return None
    try:
        refusal = DECODER_EXPORT.refusal(resolve(str(job.spec.get("model_ref", "")), app.config))
    except CourseLiftError:  # the model has gone
        return None
    return None if refusal is None else Message("calibration.engine.fell_back", {"reason": refusal})


def winner_for(app: Application, model_ref: str, device: str) -> Winner | None:
    """The calibration's winner for this model, as long as machine and device are those of the calibration."""
    stored: Mapping[str, Any] | None = app.settings.get(_WINNERS, {}).get(model_ref)
    if stored is None or stored["machine"] != machine_identity(device):
        return None
    reason, threads = as_message(stored["reason"]), stored.get("threads", 0)
    return Winner(stored["engine"], stored["precision"], stored["batch_size"], reason, threads)


def store_winner(app: Application, model_ref: str, device: str, winner: Winner) -> None:
    """Let "auto" mean this from now on, for this model on this machine."""
    value = {
        "engine": winner.engine,
        "precision": winner.precision,
        "batch_size": winner.batch_size,
        "reason": as_values(winner.reason),
        "threads": winner.threads,
        "machine": machine_identity(device),
    }
    app.settings.set(_WINNERS, {**app.settings.get(_WINNERS, {}), model_ref: value})


def machine_identity(device: str) -> str:
    """What a calibration holds for: processor, cores, instruction sets, graphics cards, device."""
    facts = machine_facts()
    gpus = ",".join(gpu.name for gpu in facts.gpus)
    return "|".join((facts.cpu, str(facts.usable_cores), " ".join(facts.instruction_sets), gpus, device))
