"""One step of a measurement in a fresh process: `python -m core.jobs.measuring_step <folder> <step> <argument>`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.config import cpu_threads, load_config
from core.jobs.calibration_trial import run_trial
from core.jobs.measuring import leave_step_result
from core.jobs.measuring_request import MeasuringRequest, trial_values
from core.jobs.reasons import as_values, reason_of
from core.measurement.background import BackgroundWatch
from core.measurement.calibration import Configuration
from core.measurement.fidelity import agreement
from core.measurement.hardware import usable_cores
from core.models.references import resolve


def measure_trial(request: MeasuringRequest, argument: Mapping[str, Any]) -> dict[str, Any]:
    """One configuration's trial; `argument` is the configuration."""
    return trial_values(run_trial(request, Configuration(**argument)))


def measure_fidelity(request: MeasuringRequest, argument: list[list[str]]) -> dict[str, Any]:
    """Texts of several configurations, a list each, compared with those of the first: `Fidelity` values a list."""
    from core.generation.likelihood import LikelihoodScorer, ScoredText

    scorer = LikelihoodScorer(resolve(request.model_ref, load_config()), request.device)
    scored: list[list[ScoredText]] = [[] for _ in argument]
    for chat, texts in zip(request.chats, zip(*argument, strict=True), strict=False):
        for row, each in zip(scored, scorer.score(chat, texts), strict=True):
            row.append(each)
    expected = scored[0]
    return {
        "fidelities": [
            {
                "agreement": _mean([agreement(a.token_ids, b.token_ids) for a, b in zip(row, expected, strict=True)]),
                "identical": _mean([a.token_ids == b.token_ids for a, b in zip(row, expected, strict=True)]),
                "log_probability_difference": _log_probability(row) - _log_probability(expected),
            }
            for row in scored
        ]
    }


def _log_probability(row: list[Any]) -> float:
    return _mean([each.mean_log_probability for each in row])


def _mean(values: list[Any]) -> float:
    return float(sum(values)) / len(values) if values else 0.0


def measure_profile(request: MeasuringRequest, argument: Mapping[str, Any]) -> dict[str, Any]:
    """Where the time goes with one configuration."""
    from core.jobs.profile_trial import run_profile

    return run_profile(request, Configuration(**argument))


def measure_machine(request: MeasuringRequest, argument: None) -> dict[str, Any]:
    """The machine's peaks."""
    from dataclasses import asdict

    from core.measurement.peaks import measure_peaks

    background = BackgroundWatch()
    found = asdict(measure_peaks(request.device, cpu_threads() or usable_cores()))
    return {**found, "others": background.cores()}


_STEPS: Mapping[str, Callable[[MeasuringRequest, Any], dict[str, Any]]] = {
    "trial": measure_trial,
    "fidelity": measure_fidelity,
    "profile": measure_profile,
    "peaks": measure_machine,
}


def _main(folder: Path, name: str, argument: Any) -> None:
    try:
        result = _STEPS[name](MeasuringRequest.load(folder), argument)
    except Exception as error:
        leave_step_result(folder, {"error": as_values(reason_of(error))})
        raise  # the log shall know where
    leave_step_result(folder, result)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
