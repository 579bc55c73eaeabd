"""What is to be measured, and how engines' trials are written down as plain JSON values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.jobs.files import write_atomically
from core.jobs.reasons import as_message, as_values
from core.measurement.calibration import Configuration, Trial

_REQUEST_FILE = "request.json"


class MeasuringKind(StrEnum):
    """What can be measured in the background; also the name under which the store keeps it."""

    PEAKS = "peaks"  # matrix products and memory of this machine
    ENGINES = "engines"  # calibration: which configuration is best
    BEFORE_AFTER = "before_after"  # one by one as in the report, and as a job writes today
    PROFILE = "profile"  # where the time of one generation goes, in two precisions


@dataclass(frozen=True, slots=True)
class MeasuringRequest:
    """One measurement."""

    request_id: str
    kind: MeasuringKind
    device: str
    seconds: float  # the time budget; making an OpenVINO export comes on top
    model_ref: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)  # GenerationSettings; always written greedily
    configurations: tuple[Configuration, ...] = ()  # calibration: the first is the reference for speed and fidelity
    least_texts: int = 1  # that a trial writes however small its batch
    catalog: str = ""  # whose courses are written about
    prompt_version: str = ""
    chats: tuple[tuple[Mapping[str, str], ...], ...] = field(default=(), repr=False)

    def save(self, folder: Path) -> None:
        """Write the request."""
        write_atomically(folder / _REQUEST_FILE, json.dumps(asdict(self)).encode())

    @classmethod
    def load(cls, folder: Path) -> MeasuringRequest:
        """Read it back. Raises JobError when it is not there or damaged."""
        try:
            values = json.loads((folder / _REQUEST_FILE).read_bytes())
            values["kind"] = MeasuringKind(values["kind"])
            values["configurations"] = tuple(Configuration(**each) for each in values["configurations"])
            values["chats"] = tuple(tuple(chat) for chat in values["chats"])
            return cls(**values)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise JobError("measuring.damaged") from error


def trial_values(trial: Trial) -> dict[str, Any]:
    """A trial as plain JSON values."""
    return {**asdict(trial), "error": None if trial.error is None else as_values(trial.error)}


def read_trial(values: Mapping[str, Any]) -> Trial:
    """The trial that `trial_values` wrote down."""
    error = None if values["error"] is None else as_message(values["error"])
    configuration = Configuration(**values["configuration"])
    return Trial(**{**values, "configuration": configuration, "texts": tuple(values["texts"]), "error": error})
