"""The rounds of a calibration, in a process that never opens the database.

`python -m core.jobs.calibration_rounds <folder>` reads the request there, says how far it is, and leaves the trials.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from core.config import PROJECT_FOLDER, load_config, quiet_environment
from core.errors import CourseLiftError
from core.generation.openvino_export import DECODER_EXPORT
from core.jobs.calibration_request import LOCK_FILE, CalibrationRequest, read_trial, write_state, write_trials
from core.jobs.calibration_trial import TRIAL_FILE
from core.jobs.files import locked
from core.measurement.calibration import Configuration, Trial
from core.measurement.calibration_schedule import next_configuration
from core.models.references import resolve
from core.records import Message

_SHORTEST_TRIAL = 120.0  # seconds that a trial gets in any case: the first one tells how slow this machine is
_LABEL = "calibration.step.trial"

logger = logging.getLogger(__name__)


def run_rounds(folder: Path) -> None:
    """Try configurations until the budget is spent; a second process waits for the first."""
    with locked(folder / LOCK_FILE):
        request = CalibrationRequest.load(folder)
        write_state(folder, {"is_running": True, "label": "models.step.export", "done": 0})
        configurations = _usable(request)
        trials: list[Trial] = []
        until = time.monotonic() + request.seconds
        while (left := until - time.monotonic()) > 0:
            configuration = next_configuration(configurations, trials, left)
            if configuration is None:
                break
            spent = 1 - left / request.seconds
            write_state(
                folder, {"is_running": True, "label": _LABEL, "done": spent, "configuration": asdict(configuration)}
            )
            trials.append(_try(folder, configuration, max(left, _SHORTEST_TRIAL)))
            logger.info("%s: %.1f courses a minute", configuration, trials[-1].courses_per_minute)
        write_trials(folder, trials)
        write_state(folder, {"is_running": False, "done": 1})


def _usable(request: CalibrationRequest) -> tuple[Configuration, ...]:
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
    (folder / TRIAL_FILE).unlink(missing_ok=True)
    command = [sys.executable, "-m", "core.jobs.calibration_trial", str(folder), json.dumps(asdict(configuration))]
    started = time.monotonic()
    try:
        subprocess.run(command, cwd=PROJECT_FOLDER, env=quiet_environment(), timeout=timeout, check=True)
        trial = read_trial(json.loads((folder / TRIAL_FILE).read_bytes()))
        return replace(trial, wall_seconds=time.monotonic() - started)
    except subprocess.TimeoutExpired:
        reason = Message("calibration.too_slow", {"seconds": round(timeout)})
    except (subprocess.CalledProcessError, OSError, ValueError, TypeError, KeyError) as error:
        logger.warning("trial of %s: %r", configuration, error)
        reason = Message("calibration.trial_died")
    return Trial(configuration, time.monotonic() - started, error=reason)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run_rounds(Path(sys.argv[1]))
