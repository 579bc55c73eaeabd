"""How much of the processor other programs used while something was measured."""

from __future__ import annotations

import time

import psutil

# Of the cores: above this a measurement is said to be taken on a busy machine.
BUSY_SHARE = 0.2


class BackgroundWatch:
    """Counts from its making. The load average would count the measurement itself."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._all, self._own = _busy_seconds(), _own_seconds()

    def cores(self) -> float:
        """How many cores other programs kept busy on average since then; also what a hypervisor took away."""
        elapsed = time.perf_counter() - self._started
        others = (_busy_seconds() - self._all) - (_own_seconds() - self._own)
        return max(0.0, others / elapsed) if elapsed else 0.0


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    names = ("user", "nice", "system", "irq", "softirq", "steal")
    return float(sum(getattr(times, name, 0.0) for name in names))


def _own_seconds() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)
