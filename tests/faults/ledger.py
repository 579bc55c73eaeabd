"""What the long campaigns found, as figures and as a table of every item."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.config import PROJECT_FOLDER

FOLDER = PROJECT_FOLDER / "build" / "faults"


def write_rows(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write `build/faults/<name>.csv`, one row an item; returns where."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def spread(seconds: Sequence[float]) -> str:
    """Median, 95th percentile and maximum of some durations."""
    if not seconds:
        return "never measured"
    ordered = sorted(seconds)
    middle, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"median {middle:.2f} s, p95 {high:.2f} s, at most {ordered[-1]:.2f} s ({len(ordered)} times)"
