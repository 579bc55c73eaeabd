"""The measured limits of this machine: matrix products and memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core.jobs.measuring_request import MeasuringKind, MeasuringRequest
from core.measurement.hardware import get_device, machine_facts
from core.measurement.peaks import PRECISIONS
from core.pipeline.application import Application
from core.pipeline.calibration import is_busy
from core.pipeline.engine_choice import machine_identity
from core.pipeline.measuring_plans import library_versions
from core.records import Measurement
from core.storage.conversion import new_id

_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class PeaksView:
    """The newest measurement of this machine's peaks."""

    made_at: datetime
    gflops: Mapping[str, float]  # precision -> 1e9 operations a second, most bits first
    copy_gib_per_second: float
    threads: int
    machine: Mapping[str, Any]
    was_busy: bool  # other programs used the machine meanwhile


def plan_peaks(app: Application) -> MeasuringRequest:
    """A measurement of the machine; it needs no model."""
    return MeasuringRequest(new_id(), MeasuringKind.PEAKS, get_device(), _SECONDS)


def latest_peaks(app: Application) -> PeaksView | None:
    """What was last measured on this very machine; None before the first time."""
    identity = machine_identity(get_device())
    for run in app.measurements.list(MeasuringKind.PEAKS):
        if run.machine["identity"] == identity:
            found = run.rows[0]
            return PeaksView(
                made_at=run.created_at,
                gflops={name: found["gflops"][name] for name in PRECISIONS if name in found["gflops"]},
                copy_gib_per_second=found["copy_gib_per_second"],
                threads=found["threads"],
                machine=run.machine,
                was_busy=is_busy(run.rows, run.machine),
            )
    return None


def keep(app: Application, request: MeasuringRequest, result: Mapping[str, Any]) -> None:
    """Store the peaks with the machine that they are of."""
    identity = machine_identity(request.device)
    about = {**asdict(machine_facts()), "identity": identity, "libraries": library_versions()}
    app.measurements.save_once(Measurement(request.request_id, request.kind, [result], about))
