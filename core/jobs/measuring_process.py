"""The process that measures, and never opens the database: `python -m core.jobs.measuring_process <folder>`.

It reads the request there, says how far it is, and leaves what it found. Each step runs in a process of its own.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.errors import CourseLiftError
from core.jobs.calibration_rounds import run_rounds
from core.jobs.measuring import StepError, StoppedError, run_step, write_result, write_state
from core.jobs.measuring_request import MeasuringKind, MeasuringRequest
from core.jobs.reasons import as_values
from core.jobs.worker import NICENESS

logger = logging.getLogger(__name__)


def measure(folder: Path) -> None:
    """Do what the folder's request says and leave the result there; an error becomes the result's `error`.

    The caller holds the folder's lock. A measurement that somebody stopped leaves no result.
    """
    try:
        request = MeasuringRequest.load(folder)
        write_result(folder, _MEASURERS[request.kind](folder, request))
    except StoppedError:
        logger.info("stopped on request")
    except (CourseLiftError, StepError) as error:
        logger.exception("nothing was measured")
        write_result(folder, {"error": as_values(error.message)})


def _measure_peaks(folder: Path, request: MeasuringRequest) -> dict[str, Any]:
    write_state(folder, 0.0, "measuring.step.peaks")
    return run_step(folder, "peaks", timeout=request.seconds)


def _measure_profile(folder: Path, request: MeasuringRequest) -> dict[str, Any]:
    profiles = []
    for number, each in enumerate(request.configurations):
        share = number / len(request.configurations)
        write_state(folder, share, "measuring.step.profile", precision=each.precision)
        argument = {"engine": each.engine, "precision": each.precision, "batch_size": each.batch_size}
        profiles.append(run_step(folder, "profile", argument, timeout=request.seconds))
    return {"profiles": profiles}


_MEASURERS: Mapping[MeasuringKind, Callable[[Path, MeasuringRequest], dict[str, Any]]] = {
    MeasuringKind.PEAKS: _measure_peaks,
    MeasuringKind.ENGINES: run_rounds,
    MeasuringKind.BEFORE_AFTER: run_rounds,
    MeasuringKind.PROFILE: _measure_profile,
}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.nice(NICENESS)  # as a job does: pages come first
    measure(Path(sys.argv[1]))
