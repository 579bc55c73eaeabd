"""One seeded run: an app and its worker are killed at random moments until the job has ended."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from core.config import PROJECT_FOLDER

RUN_SECONDS = 240.0
WORKER_PATIENCE = 3.0  # seconds to wait for a worker to kill
VICTIMS = ("worker", "worker", "app", "both")


@dataclass
class Run:
    """What happened in one run."""

    kills: int = 0
    noticed: list[float] = field(default_factory=list)  # seconds from a worker's death to its successor's first sign
    status: str = ""


@dataclass
class Target:
    """The state folder and what runs on it."""

    home: Path
    arguments: list[str]
    app: subprocess.Popen[bytes] | None = None

    def start_app(self) -> None:
        """A new app process, in place of a killed one."""
        with (self.home / "app.log").open("ab") as log:
            self.app = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.app_process", str(self.home), *self.arguments],
                cwd=PROJECT_FOLDER,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

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
        deadline = time.monotonic() + patience
        while (pid := self.worker()) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        return pid

    def successor(self, pid: int, seconds: float = 15.0) -> float | None:
        """Seconds until another worker gives a sign of life; None when the job ended meanwhile."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.worker() not in (None, pid):
                return time.monotonic() - began
            if self.app is not None and self.app.poll() is not None:
                return None
            time.sleep(0.02)
        raise AssertionError(f"no successor of worker {pid} after {seconds} s")


def run_with_kills(home: Path, seed: int, kills: int, *, count: int = 120, behaviour: str = "delay=0.02") -> Run:
    """Start a job and kill worker, app or both `kills` times, each after a random while; then let it end."""
    chance = random.Random(seed)
    target = Target(home, [str(count), behaviour, str(chance.choice([1, 4, 8]))])
    run = Run()
    target.start_app()
    deadline = time.monotonic() + RUN_SECONDS
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.0, 1.2))
            if target.app is not None and target.app.poll() is not None:
                break  # the job has ended
            _kill(target, chance.choice(VICTIMS), run)
        assert target.app is not None
        target.app.wait(max(1.0, deadline - time.monotonic()))
        run.status = (home / "app.log").read_text(errors="replace").strip().splitlines()[-1]
    finally:
        if target.app is not None and target.app.poll() is None:
            target.kill_app()
        target.kill_worker()
    return run


def _kill(target: Target, victim: str, run: Run) -> None:
    if victim in ("app", "both"):
        target.kill_app()
        run.kills += 1
    pid = None
    if victim == "worker":
        pid = target.kill_worker(WORKER_PATIENCE)
    elif victim == "both":
        pid = target.kill_worker()
    run.kills += pid is not None
    if victim in ("app", "both"):
        target.start_app()
    if pid is not None and (seconds := target.successor(pid)) is not None and victim == "worker":
        run.noticed.append(seconds)
