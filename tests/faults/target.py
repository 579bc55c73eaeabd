"""The state folder of a campaign and what runs on it: an app without a screen, and its worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from core.config import PROJECT_FOLDER
from core.jobs.control import PAUSE, request_stop

TORN_END = b'000000ff 12345678 {"kind":"result","job"'  # what a writer that is killed in the middle leaves


class Target:
    """The state folder and what runs on it."""

    def __init__(self, home: Path, arguments: Sequence[str]) -> None:
        self.home = home
        self.points = home / "fail_points"
        self.points.mkdir(exist_ok=True)
        self._arguments = list(arguments)
        self.app: subprocess.Popen[bytes] | None = None

    def start_app(self) -> None:
        """A new app process, in place of a killed one."""
        with (self.home / "app.log").open("ab") as log:
            self.app = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.app_process", str(self.home), *self._arguments],
                cwd=PROJECT_FOLDER,
                env={**os.environ, "COURSELIFT_FAIL_POINTS": str(self.points)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log(self) -> str:
        """What the app has said."""
        return (self.home / "app.log").read_text(errors="replace")

    def app_has_ended(self) -> bool:
        """Whether the app process is gone, killed or done."""
        return self.app is None or self.app.poll() is not None

    def app_was_killed(self) -> bool:
        """Whether it died of a signal."""
        return self.app is not None and self.app.poll() == -signal.SIGKILL

    def kill_app(self) -> None:
        """kill -9, and no zombie left."""
        assert self.app is not None
        self.app.kill()
        self.app.wait()

    def worker(self) -> int | None:
        """The living worker's process id, by its heartbeat."""
        for path in (self.home / "jobs").glob("*/heartbeat.json"):
            try:
                pid = int(json.loads(path.read_bytes())["pid"])
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except (OSError, ValueError, KeyError):
                continue
            if b"core.jobs.worker" in command and str(path.parent).encode() in command:
                return pid
        return None

    def kill_worker(self, patience: float = 0.0) -> int | None:
        """kill -9 to the worker, waiting for one up to `patience` seconds; its process id when there was one."""
        wait_until(lambda: self.worker() is not None or self.app_has_ended(), patience)
        pid = self.worker()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pid

    def tear_journals(self) -> None:
        """Leave half a record at the end of each journal that nobody writes, as a kill in the middle does."""
        if self.worker() is None:
            for path in (self.home / "jobs").glob("*/journal.log"):
                with path.open("ab") as journal:
                    journal.write(TORN_END)

    def lose_database(self) -> None:
        """Move the database and its log away, as if somebody had."""
        for path in self.home.glob("courselift.duckdb*"):
            path.rename(path.with_name(f"lost-{time.monotonic_ns()}-{path.name}"))

    def pause(self) -> None:
        """As the button does."""
        for folder in (self.home / "jobs").glob("*"):
            if (folder / "job.json").exists():
                request_stop(folder, PAUSE)

    def arm(self, point: str) -> None:
        """Let the next process that reaches the step die there."""
        (self.points / point).touch()

    def disarm(self, point: str) -> bool:
        """Take the mark away; whether it was still there."""
        try:
            (self.points / point).unlink()
        except FileNotFoundError:
            return False
        return True


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it became so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True
