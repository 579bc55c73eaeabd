"""Charts of one job while it runs and after: seconds a course, tokens a second, memory. Times are aware datetimes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import plotly.graph_objects as go
from numpy.lib.stride_tricks import sliding_window_view

from core.charts.style import BLUE, GREY, ORANGE, build, thin

TREND_COURSES = 15  # courses in the running median
RATE_BINS = 40  # throughput is averaged over a 40th of the run ...
MIN_BIN_SECONDS = 5.0  # ... and at least 5 s, or batches that end together look like spikes
_CLOCK = {"nticks": 4, "tickformat": "%H:%M:%S", "tickangle": 0}  # more ticks do not fit side by side
_FROM_ZERO = {"rangemode": "tozero"}


def running_median(values: Sequence[float], window: int = TREND_COURSES) -> list[float]:
    """The median of each value and up to `window` - 1 values before it."""
    first = [float(np.median(values[:end])) for end in range(1, min(window, len(values) + 1))]
    full = sliding_window_view(np.asarray(values, dtype=float), window) if len(values) >= window else np.empty((0, 1))
    return [*first, *np.median(full, axis=1).tolist()]


def throughput(finished_at: Sequence[datetime], amounts: Sequence[int]) -> tuple[list[datetime], list[float]]:
    """Amounts a second in equal bins of the time between the first and the last finish.

    What finished at the very first moment was made before it and is left out.
    Returns the bins' ends and rates; nothing when there is no span of time.
    """
    if len(finished_at) < 2:
        return [], []
    start = min(finished_at)
    offsets = np.array([(moment - start).total_seconds() for moment in finished_at])
    span = float(offsets.max())
    if span <= 0:
        return [], []
    bins = max(1, min(RATE_BINS, int(span // MIN_BIN_SECONDS)))
    edges = np.linspace(0.0, span, bins + 1)
    later = offsets > 0
    sums, _ = np.histogram(offsets[later], bins=edges, weights=np.asarray(amounts, dtype=float)[later])
    rates = sums / (span / bins)
    return [start + timedelta(seconds=float(edge)) for edge in edges[1:]], [float(rate) for rate in rates]


def seconds_per_course(
    finished_at: Sequence[datetime],
    seconds: Sequence[float],
    *,
    course_label: str,
    trend_label: str,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> go.Figure:
    """One dot a course at the time it was finished, and the running median as a line."""
    trend = running_median(seconds)
    kept = thin(len(seconds))
    dots = go.Scatter(
        x=list(finished_at)[kept],
        y=list(seconds)[kept],
        mode="markers",
        name=course_label,
        marker={"size": 5, "color": GREY, "opacity": 0.6},
        hovertemplate="%{x|%H:%M:%S}: %{y:.2f} s<extra></extra>",
    )
    line = go.Scatter(
        x=list(finished_at)[kept],
        y=trend[kept],
        mode="lines",
        name=trend_label,
        line={"width": 2.5, "color": BLUE},
        hovertemplate="%{x|%H:%M:%S}: %{y:.2f} s<extra></extra>",
    )
    return build([dots, line], title=title, x_label=x_label, y_label=y_label, x_axis=_CLOCK, y_axis=_FROM_ZERO)


def tokens_per_second(
    finished_at: Sequence[datetime],
    new_tokens: Sequence[int],
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> go.Figure:
    """New tokens a second of the whole job over time."""
    moments, rates = throughput(finished_at, new_tokens)
    return _area(moments, rates, BLUE, "tokens/s", title, x_label, y_label)


def memory(
    finished_at: Sequence[datetime],
    rss_mib: Sequence[float],
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> go.Figure:
    """Resident memory of the worker in MiB over time."""
    kept = thin(len(rss_mib))
    return _area(list(finished_at)[kept], list(rss_mib)[kept], ORANGE, "MiB", title, x_label, y_label)


def _area(
    moments: Sequence[datetime],
    values: Sequence[float],
    colour: str,
    unit: str,
    title: str,
    x_label: str,
    y_label: str,
) -> go.Figure:
    area = go.Scatter(
        x=list(moments),
        y=list(values),
        mode="lines" if len(moments) > 1 else "markers",
        line={"width": 2.5, "color": colour},
        fill="tozeroy",
        fillcolor=_transparent(colour),
        hovertemplate=f"%{{x|%H:%M:%S}}: %{{y:,.0f}} {unit}<extra></extra>",
    )
    return build([area], title=title, x_label=x_label, y_label=y_label, x_axis=_CLOCK, y_axis=_FROM_ZERO)


def _transparent(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.15)"
