"""Run a piece of work under torch's profiler or Python's. Imports torch: for a process of its own."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

from core.measurement.profile import PYTHON, ProfiledPart


def profile_operators(work: Callable[[], object], device: str) -> list[ProfiledPart]:
    """The operators that `work` calls with their own time, on the graphics card where there is one.

    The time between operators is Python's, and stands among them as `PYTHON`.
    """
    from torch.profiler import ProfilerActivity, profile, record_function

    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device == "cuda" else [])
    with profile(activities=activities, acc_events=True) as profiler, record_function(PYTHON):
        work()
    return [
        ProfiledPart(event.key, max(event.self_cpu_time_total, event.self_device_time_total) / 1e6, event.count)
        for event in profiler.key_averages()
    ]


def profile_functions(work: Callable[[], object]) -> list[ProfiledPart]:
    """The Python functions and built-in methods that `work` calls with their own time."""
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        work()
    finally:
        profiler.disable()
    found: dict[str, ProfiledPart] = {}
    for (file, line, function), (_, calls, own, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        name = _readable(file, line, function)
        before = found.get(name, ProfiledPart(name, 0.0, 0))
        found[name] = ProfiledPart(name, before.seconds + own, before.calls + calls)
    return list(found.values())


def _readable(file: str, line: int, function: str) -> str:
    """A function by its package's path, without where that is installed; built-in ones carry no file ("~")."""
    if file == "~":
        return function.strip("<>")
    parts = Path(file).parts
    start = next((place + 1 for place, part in enumerate(parts) if part == "site-packages"), max(0, len(parts) - 3))
    return f"{'/'.join(parts[start:])}:{line} {function}"
