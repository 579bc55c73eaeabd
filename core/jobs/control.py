"""How the app tells a worker to stop: a file with one word, read between two tokens."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType

from core.errors import JobError
from core.jobs.files import write_atomically
from core.jobs.heartbeat import Pulse

CONTROL_FILE = "control"
PAUSE = "pause"
CANCEL = "cancel"
POLL_SECONDS = 0.25


def request_stop(folder: Path, word: str) -> None:
    """Ask the worker of this job to stop: `PAUSE`, or `CANCEL` for good. Raises JobError when it cannot be written."""
    try:
        write_atomically(folder / CONTROL_FILE, word.encode())
    except OSError as error:
        raise JobError("jobs.cannot_write", reason=error.strerror) from error


def requested_stop(folder: Path) -> str | None:
    """What was asked of the worker of this job; None when it may work."""
    try:
        word = (folder / CONTROL_FILE).read_text(errors="replace")
    except FileNotFoundError:
        return None
    return word if word in (PAUSE, CANCEL) else PAUSE


def clear_request(folder: Path) -> None:
    """Let the job go on."""
    (folder / CONTROL_FILE).unlink(missing_ok=True)


class StoppedWhileLoading(BaseException):
    """The worker was told to stop while a library that cannot be asked to was loading a model."""


class WorkerControl:
    """The worker's ear and pulse; what engines get as their Control. SIGTERM means pause."""

    def __init__(self, folder: Path, pulse: Pulse) -> None:
        self._folder = folder
        self._pulse = pulse
        self._polled = -POLL_SECONDS
        self._is_loading = False
        self.request: str | None = None
        signal.signal(signal.SIGTERM, self._on_sigterm)

    def beat(self, tokens: int) -> None:
        """See core.generation.engine.Control."""
        self._pulse.beat(tokens)

    def should_stop(self) -> bool:
        """Whether a stop was asked for; looks at the file a few times a second."""
        if self.request is None and time.monotonic() - self._polled >= POLL_SECONDS:
            self._polled = time.monotonic()
            self.request = requested_stop(self._folder)
        return self.request is not None

    def loading(self, is_loading: bool) -> None:
        """While a model loads nobody asks `should_stop`, so SIGTERM then raises StoppedWhileLoading."""
        self._is_loading = is_loading

    def _on_sigterm(self, signal_number: int, frame: FrameType | None) -> None:
        self.request = self.request or requested_stop(self._folder) or PAUSE
        if self._is_loading:
            raise StoppedWhileLoading
