"""Measuring in the background: start, how far, cancel, and keep what was found. One measurement at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from core.access.actor import requires
from core.access.roles import Permission
from core.config import PROJECT_FOLDER, quiet_environment
from core.errors import JobError
from core.jobs.control import CANCEL, request_stop
from core.jobs.measuring import claim, is_measuring, measuring_folder, read_result, read_state
from core.jobs.measuring_process import measure
from core.jobs.measuring_request import MeasuringKind, MeasuringRequest
from core.jobs.reasons import as_message
from core.pipeline import before_after, calibration, peaks, profile
from core.pipeline.application import Application
from core.progress import SILENT, Progress
from core.records import JobStatus, Message

_LOG_FILE = "measuring.log"
_COLLECT_LOCK = threading.Lock()  # several pages may look at the same moment
_ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
_KEEPERS: Mapping[MeasuringKind, Callable[[Application, MeasuringRequest, Mapping[str, Any]], None]] = {
    MeasuringKind.PEAKS: peaks.keep,
    MeasuringKind.ENGINES: calibration.keep,
    MeasuringKind.BEFORE_AFTER: before_after.keep,
    MeasuringKind.PROFILE: profile.keep,
}


@dataclass(frozen=True, slots=True)
class MeasuringProgress:
    """How far a measurement is."""

    is_running: bool
    kind: MeasuringKind | None = None
    share: float = 0.0  # of its time, 0 to 1
    label: Message | None = None
    error: Message | None = None  # of the last one, when it found nothing


@requires(Permission.RUN)
def start_measuring(app: Application, request: MeasuringRequest) -> None:
    """Measure in the background. Raises JobError while a job runs or something is measured already."""
    with _claimed(app) as lock:
        folder = measuring_folder(app.config)
        request.save(folder)
        app.config.logs_folder.mkdir(parents=True, exist_ok=True)
        with (app.config.logs_folder / _LOG_FILE).open("wb") as log:
            subprocess.Popen(
                [sys.executable, "-m", "core.jobs.measuring_process", str(folder)],
                cwd=PROJECT_FOLDER,
                env={**quiet_environment(), "COURSELIFT_HOME": str(app.config.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock,),  # it holds the lock from its first moment to its last
            )


@requires(Permission.RUN)
def run_measuring(app: Application, request: MeasuringRequest, progress: Progress = SILENT) -> None:
    """Measure here and now, and keep what was found. Raises JobError like `start_measuring`, and when nothing was."""
    progress.start("measuring.running")
    with _claimed(app):
        request.save(measuring_folder(app.config))
        measure(measuring_folder(app.config))
    progress.finish()
    if (error := _collect(app)) is not None:
        raise JobError(error.key, **error.params)


def measuring_progress(app: Application) -> MeasuringProgress:
    """How far a measurement is, whichever process started it; what a finished one found is kept now."""
    if not is_measuring(app.config):
        return MeasuringProgress(False, error=_collect(app))
    share, label = read_state(measuring_folder(app.config))
    kind = None
    with suppress(JobError):  # in its first moments it has no request yet
        kind = MeasuringRequest.load(measuring_folder(app.config)).kind
    return MeasuringProgress(True, kind, share, label or Message("measuring.step.starting"))


@requires(Permission.RUN)
def cancel_measuring(app: Application) -> None:
    """Stop the measurement within a second; nothing is kept of it."""
    if is_measuring(app.config):
        request_stop(measuring_folder(app.config), CANCEL)


@contextmanager
def _claimed(app: Application) -> Iterator[int]:
    """Hold the measuring folder, what an earlier measurement found being kept, when no job runs."""
    _collect(app)
    with claim(measuring_folder(app.config)) as lock:
        if any(job.status in _ACTIVE for job in app.jobs.active()):
            raise JobError("measuring.job_running")
        yield lock


def _collect(app: Application) -> Message | None:
    """Keep what a finished measurement found, once; why it found nothing, if so."""
    with _COLLECT_LOCK:
        result = read_result(measuring_folder(app.config))
        if result is None:
            return None
        if "error" in result:
            return as_message(result["error"])
        request = MeasuringRequest.load(measuring_folder(app.config))
        if not app.measurements.is_stored(request.request_id):
            _KEEPERS[request.kind](app, request, result)
    return None
