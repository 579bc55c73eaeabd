"""What a calibration is to try, and what came of it, as files of its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.jobs.files import write_atomically
from core.jobs.reasons import as_message, as_values
from core.measurement.calibration import Configuration, Trial

LOCK_FILE = ".lock"
_REQUEST_FILE = "request.json"
STATE_FILE = "state.json"
_TRIALS_FILE = "trials.json"


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """One calibration."""

    request_id: str
    model_ref: str
    device: str
    seconds: float  # the time budget; making an OpenVINO export comes on top
    settings: Mapping[str, Any]  # GenerationSettings; batch size and sampling are the calibration's own
    configurations: tuple[Configuration, ...]  # the first is the reference for speed and fidelity
    catalog: str  # whose courses are written about
    chats: tuple[tuple[Mapping[str, str], ...], ...] = field(repr=False)

    def save(self, folder: Path) -> None:
        """Write the request, and take away what an earlier calibration left."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in (STATE_FILE, _TRIALS_FILE):
            (folder / name).unlink(missing_ok=True)
        write_atomically(folder / _REQUEST_FILE, json.dumps(asdict(self)).encode())

    @classmethod
    def load(cls, folder: Path) -> CalibrationRequest:
        """Read it back. Raises JobError when it is not there or damaged."""
        try:
            values = json.loads((folder / _REQUEST_FILE).read_bytes())
            values["configurations"] = tuple(Configuration(**each) for each in values["configurations"])
            values["chats"] = tuple(tuple(chat) for chat in values["chats"])
            return cls(**values)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise JobError("calibration.damaged") from error


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Say how far the calibration is."""
    write_atomically(folder / STATE_FILE, json.dumps(state).encode(), durable=False)


def read_state(folder: Path) -> dict[str, Any]:
    """What was last said; empty before anything was."""
    try:
        state: dict[str, Any] = json.loads((folder / STATE_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return state


def write_trials(folder: Path, trials: list[Trial]) -> None:
    """Keep the trials of a finished calibration."""
    write_atomically(folder / _TRIALS_FILE, json.dumps([trial_values(trial) for trial in trials]).encode())


def read_trials(folder: Path) -> list[Trial] | None:
    """The trials of a finished calibration; None while there are none."""
    try:
        return [read_trial(values) for values in json.loads((folder / _TRIALS_FILE).read_bytes())]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def trial_values(trial: Trial) -> dict[str, Any]:
    """A trial as plain JSON values."""
    return {**asdict(trial), "error": None if trial.error is None else as_values(trial.error)}


def read_trial(values: Mapping[str, Any]) -> Trial:
    """The trial that `trial_values` wrote down."""
    error = None if values["error"] is None else as_message(values["error"])
    configuration = Configuration(**values["configuration"])
    return Trial(**{**values, "configuration": configuration, "texts": tuple(values["texts"]), "error": error})
