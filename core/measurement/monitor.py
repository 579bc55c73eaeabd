"""PerformanceMonitor, as in the report: named parts of a run with their seconds and share of the whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.records import Timing


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the summary."""

    name: str
    seconds: float  # without the parts measured inside it
    count: int
    share: float  # of the sum of all parts, 0 to 1


class PerformanceMonitor:
    """Adds up wall-clock seconds by name. A part measured inside another counts for itself only, so shares sum to 1.

    One monitor belongs to one thread.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._inner: list[float] = []  # for each open part: seconds spent in the parts inside it

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Count the time of a `with` block under `name`, also when it raises."""
        self._inner.append(0.0)
        started = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - started
            self.add(name, elapsed - self._inner.pop())
            if self._inner:
                self._inner[-1] += elapsed

    def add(self, name: str, seconds: float, count: int = 1) -> None:
        """Count seconds that were measured elsewhere."""
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds
        self._counts[name] = self._counts.get(name, 0) + count

    def timings(self) -> list[Timing]:
        """What was measured so far, in the order of first appearance."""
        return [Timing(name, seconds, self._counts[name]) for name, seconds in self._seconds.items()]

    def summary(self) -> list[Part]:
        """The parts, longest first."""
        return summarise(self.timings())


def summarise(timings: list[Timing]) -> list[Part]:
    """Timings as the lines of a summary, longest first; also for timings that were stored."""
    total = sum(timing.seconds for timing in timings)
    parts = [Part(item.name, item.seconds, item.count, item.seconds / total if total else 0.0) for item in timings]
    return sorted(parts, key=lambda part: part.seconds, reverse=True)
