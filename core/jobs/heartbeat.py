"""The worker's sign of life: a small file, replaced at most once a second by the loop that does the work.

A thread would beat on while the model hangs, so there is none. Times are of the system-wide monotonic clock: setting
the wall clock changes nothing.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from core.jobs.files import write_atomically

HEARTBEAT_FILE = "heartbeat.json"
BEAT_SECONDS = 1.0  # at most one write in this time
RATE_SECONDS = 30.0  # tokens per second are those of the last half minute
LOADING_PHASES = ("starting", "loading_model")


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What the worker last said about itself."""

    pid: int
    process_start: str  # tells this process from a later one with the same id
    beat: float  # monotonic seconds
    phase: str  # "starting", "loading_model", "generating", "checking", "embedding"
    label: str = ""  # key of the item in hand
    done: int = 0  # items finished by this worker
    working_seconds: float = 0.0  # since this worker took its first item in hand
    tokens_per_second: float | None = None
    rss_mib: float = 0.0

    @property
    def age(self) -> float:
        """Seconds since this sign of life."""
        return max(0.0, time.monotonic() - self.beat)

    @classmethod
    def read(cls, folder: Path) -> Heartbeat | None:
        """The newest sign of life in a job's folder; None when there is none."""
        try:
            return cls(**json.loads((folder / HEARTBEAT_FILE).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None


class Pulse:
    """The worker's side: keeps count and writes the heartbeat."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / HEARTBEAT_FILE
        self._process = psutil.Process()
        self._process_start = process_start(os.getpid()) or ""
        self._phase, self._label = "starting", ""
        self._done = 0
        self._working_since: float | None = None
        self._tokens: deque[tuple[float, int]] = deque()
        self._written = -BEAT_SECONDS

    @property
    def rss_mib(self) -> float:
        """Resident memory of this process, in MiB."""
        return float(self._process.memory_info().rss) / 2**20

    def enter(self, phase: str, label: str = "") -> None:
        """A new phase begins; written at once."""
        self._phase, self._label = phase, label
        if phase not in LOADING_PHASES and self._working_since is None:
            self._working_since = time.monotonic()
        self._write()

    def count_done(self) -> None:
        """One more item is finished."""
        self._done += 1

    def beat(self, tokens: int) -> None:
        """Something was done: `tokens` more new tokens, perhaps none."""
        now = time.monotonic()
        if tokens:
            self._tokens.append((now, tokens))
        if now - self._written >= BEAT_SECONDS:
            self._write()

    def _write(self) -> None:
        now = time.monotonic()
        self._written = now
        heartbeat = Heartbeat(
            pid=os.getpid(),
            process_start=self._process_start,
            beat=now,
            phase=self._phase,
            label=self._label,
            done=self._done,
            working_seconds=now - self._working_since if self._working_since is not None else 0.0,
            tokens_per_second=self._rate(now),
            rss_mib=self.rss_mib,
        )
        with suppress(OSError):  # a full disk must not end the work here: the journal will say so in order
            write_atomically(self._path, json.dumps(asdict(heartbeat)).encode(), durable=False)

    def _rate(self, now: float) -> float | None:
        while self._tokens and self._tokens[0][0] < now - RATE_SECONDS:
            self._tokens.popleft()
        if self._working_since is None or not self._tokens:
            return None
        span = min(RATE_SECONDS, now - self._working_since)
        return sum(tokens for _, tokens in self._tokens) / max(span, 0.1)


def process_start(pid: int) -> str | None:
    """When a process began, as a text that no other process with the same id shares; None when there is no such."""
    try:
        # Linux: ticks since boot, field 22. Other clocks move when somebody sets the time.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
