"""The rounds of trials of several configurations within a time budget, and how faithful their texts are."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core.config import cpu_threads, load_config
from core.errors import CourseLiftError
from core.generation.openvino_export import DECODER_EXPORT
from core.jobs.measuring import StepError, run_step, write_state
from core.jobs.measuring_request import MeasuringKind, MeasuringRequest, read_trial, trial_values
from core.measurement.calibration import Configuration, Trial
from core.measurement.calibration_schedule import CONTENDER_SHARE, next_configuration, thread_variants
from core.measurement.hardware import usable_cores
from core.models.references import resolve

_SHORTEST_TRIAL = 120.0  # seconds that a trial gets in any case: the first one tells how slow this machine is
_FIDELITY_TEXTS = 6  # of each configuration; more would cost as much time as the trials
_FIDELITY_SHARE = 0.15  # of the budget, kept back for it
_FIDELITY_TIMEOUT = 600.0
_MODEL_ENGINES = ("transformers", "openvino")  # whose model the reference model can be asked about

logger = logging.getLogger(__name__)


def run_rounds(folder: Path, request: MeasuringRequest) -> dict[str, Any]:
    """Try configurations until the budget is spent; `trials` and, for a calibration, `fidelities` as plain values."""
    write_state(folder, 0.0, "models.step.export")
    configurations = _usable(request)
    is_calibration = request.kind is MeasuringKind.ENGINES
    trials = _try_all(folder, request, configurations, is_calibration)
    result: dict[str, Any] = {"trials": [trial_values(trial) for trial in trials]}
    if is_calibration:
        result["fidelities"] = _fidelities(folder, trials, configurations[0])
    return result


def _try_all(
    folder: Path, request: MeasuringRequest, configurations: tuple[Configuration, ...], is_calibration: bool
) -> list[Trial]:
    trials: list[Trial] = []
    budget = request.seconds * (1 - _FIDELITY_SHARE) if is_calibration else request.seconds
    contender_share = CONTENDER_SHARE if is_calibration else 0.0
    wants_threads = is_calibration and cpu_threads() is None  # else a person has chosen
    until = time.monotonic() + budget
    while True:
        tried = {trial.configuration for trial in trials}
        left = until - time.monotonic()
        if not is_calibration and len(tried) < len(configurations):
            left = math.inf  # a comparison needs all of them once
        if left <= 0:
            break
        if wants_threads and len(tried) == len(configurations):
            configurations += thread_variants(trials, usable_cores()) if _has_threads(configurations) else ()
            wants_threads = False
        configuration = next_configuration(configurations, trials, left, contender_share)
        if configuration is None:
            break
        spent = min(1 - (until - time.monotonic()) / request.seconds, 1.0)
        write_state(folder, spent, "measuring.step.trial", **asdict(configuration))
        shortest = _SHORTEST_TRIAL if is_calibration else request.seconds
        trials.append(_try(folder, configuration, max(until - time.monotonic(), shortest)))
        logger.info("%s: %.1f courses a minute", configuration, trials[-1].courses_per_minute)
    return trials


def _has_threads(configurations: Sequence[Configuration]) -> bool:
    return all(each.engine in _MODEL_ENGINES for each in configurations)


def _usable(request: MeasuringRequest) -> tuple[Configuration, ...]:
    """The configurations, without OpenVINO's when the model cannot be exported; the export is made here, once."""
    if all(each.engine != "openvino" for each in request.configurations):
        return request.configurations
    try:
        DECODER_EXPORT.ensure(resolve(request.model_ref, load_config()))
    except CourseLiftError as error:
        logger.warning("OpenVINO is left out: %s", error)
        return tuple(each for each in request.configurations if each.engine != "openvino")
    return request.configurations


def _try(folder: Path, configuration: Configuration, timeout: float) -> Trial:
    started = time.monotonic()
    try:
        found = run_step(folder, "trial", asdict(configuration), timeout=timeout, threads=configuration.threads)
        return replace(read_trial(found), wall_seconds=time.monotonic() - started)
    except StepError as error:
        logger.warning("trial of %s: %s", configuration, error.message.key)
        return Trial(configuration, time.monotonic() - started, error=error.message)


def _fidelities(folder: Path, trials: Sequence[Trial], reference: Configuration) -> list[dict[str, Any]]:
    """Configuration and fidelity as plain values, as far as the reference model can judge."""
    texts = {trial.configuration: trial.texts[:_FIDELITY_TEXTS] for trial in reversed(trials) if trial.texts}
    if reference not in texts or reference.engine not in _MODEL_ENGINES:
        return []
    write_state(folder, 1 - _FIDELITY_SHARE, "measuring.step.fidelity")
    order = [reference, *(each for each in texts if each != reference)]
    count = min(len(texts[each]) for each in order)
    argument = [list(texts[each][:count]) for each in order]
    try:
        found = run_step(folder, "fidelity", argument, timeout=_FIDELITY_TIMEOUT)["fidelities"]
    except StepError as error:
        logger.warning("fidelity: %s", error.message.key)
        return []
    return [{"configuration": asdict(each), **values} for each, values in zip(order, found, strict=True)]
