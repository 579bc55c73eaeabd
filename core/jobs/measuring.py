"""The folder of the measurement under way: one at a time, because two would distort each other, and so would a job.

Whoever measures holds the folder's lock. The kernel drops it when that process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.config import PROJECT_FOLDER, Config, quiet_environment
from core.errors import JobError
from core.jobs.control import clear_request, requested_stop
from core.jobs.files import is_locked, write_atomically
from core.jobs.reasons import as_message
from core.records import Message

_LOCK_FILE = ".lock"
_STATE_FILE = "state.json"
_RESULT_FILE = "result.json"
_STEP_FILE = "step.json"
_POLL_SECONDS = 0.1


class StoppedError(Exception):
    """Somebody asked to stop measuring."""


class StepError(Exception):
    """A step gave no result; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.key)
        self.message = message


def measuring_folder(config: Config) -> Path:
    """Where the measurement under way keeps its files."""
    return config.home / "measuring"


def is_measuring(config: Config) -> bool:
    """Whether a living process measures."""
    return is_locked(measuring_folder(config) / _LOCK_FILE)


def refuse_while_measuring(config: Config) -> None:
    """Raise JobError while a measurement is under way: a job would distort it."""
    if is_measuring(config):
        raise JobError("measuring.refuses_jobs")


@contextmanager
def claim(folder: Path) -> Iterator[int]:
    """Hold the folder, emptied of what an earlier measurement left; gives the lock's file descriptor.

    A child that gets the descriptor holds the lock on when this process lets go. Raises JobError when it is taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JobError("measuring.under_way") from error
        clear_request(folder)
        for name in (_STATE_FILE, _RESULT_FILE, _STEP_FILE):
            (folder / name).unlink(missing_ok=True)
        yield descriptor
    finally:
        os.close(descriptor)


def write_state(folder: Path, share: float, label: str, **params: Any) -> None:
    """Say how far the measurement is: a share of its time, and the translation key of what it does."""
    state = {"share": share, "label": label, "params": params}
    write_atomically(folder / _STATE_FILE, json.dumps(state).encode(), durable=False)


def read_state(folder: Path) -> tuple[float, Message | None]:
    """What was last said; nothing before anything was."""
    try:
        state = json.loads((folder / _STATE_FILE).read_bytes())
        return float(state["share"]), Message(state["label"], state["params"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0, None


def write_result(folder: Path, result: Mapping[str, Any]) -> None:
    """Leave what was found."""
    write_atomically(folder / _RESULT_FILE, json.dumps(result).encode())


def read_result(folder: Path) -> dict[str, Any] | None:
    """What the newest measurement found; None while there is nothing."""
    try:
        result: dict[str, Any] = json.loads((folder / _RESULT_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return result


def run_step(folder: Path, name: str, argument: Any = None, *, timeout: float, threads: int = 0) -> dict[str, Any]:
    """Run a step of core.jobs.measuring_step in a fresh process and return what it found.

    A fresh process, because libraries keep threads, memory and compiled kernels of what ran before. `threads`: for
    libraries to compute with, 0 for as many as usual. Raises StepError (too slow, died, its own error), StoppedError.
    """
    (folder / _STEP_FILE).unlink(missing_ok=True)
    command = [sys.executable, "-m", "core.jobs.measuring_step", str(folder), name, json.dumps(argument)]
    environment = quiet_environment(threads)
    until = time.monotonic() + timeout
    with subprocess.Popen(command, cwd=PROJECT_FOLDER, env=environment, stdin=subprocess.DEVNULL) as child:
        try:
            while child.poll() is None:
                if requested_stop(folder):
                    raise StoppedError
                if time.monotonic() > until:
                    raise StepError(Message("measuring.too_slow", {"seconds": round(timeout)}))
                time.sleep(_POLL_SECONDS)
        finally:
            child.kill()  # does nothing to one that has ended
    return _step_result(folder)


def leave_step_result(folder: Path, result: Mapping[str, Any]) -> None:
    """What a step's process does last."""
    write_atomically(folder / _STEP_FILE, json.dumps(result).encode(), durable=False)


def _step_result(folder: Path) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads((folder / _STEP_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise StepError(Message("measuring.step_died")) from error
    if result.get("error") is not None and "configuration" not in result:
        raise StepError(as_message(result["error"]))
    return result
