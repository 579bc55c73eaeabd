"""Charts of measured time: the named parts of a run, and runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BESIDE, BLUE, PALETTE, bars_height, build, plain, room_beside, row_axis


def parts(seconds: Sequence[tuple[str, float]], *, unit: str = "s", title: str = "", x_label: str = "") -> go.Figure:
    """Named parts of a run as horizontal bars, longest on top, each with its seconds and share of their total."""
    ordered = sorted(seconds, key=lambda part: -part[1])
    total = sum(value for _, value in ordered)
    texts = [f"{value:,.2f} {unit} · {value / total:.1%}" if total else f"{value:,.2f} {unit}" for _, value in ordered]
    lengths = [value for _, value in ordered]
    bars = go.Bar(
        orientation="h",
        y=list(range(len(ordered))),
        x=lengths,
        text=texts,
        marker_color=BLUE,
        hovertemplate="%{y}: %{text}<extra></extra>",
        **BESIDE,
    )
    return build(
        [bars],
        title=title,
        x_label=x_label,
        height=bars_height(len(ordered), 80),
        x_axis=room_beside(lengths),
        y_axis=row_axis([label for label, _ in ordered]),
    )


def compare(
    groups: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    *,
    unit: str,
    title: str = "",
    x_label: str = "",
    log_scale: bool = False,
) -> go.Figure:
    """Horizontal bars side by side: one group of bars for each of `groups`, one colour for each of `series`.

    series: name -> one value for each group, None where nothing was measured.
    unit: written after each number. log_scale: for values that differ by powers of ten.
    """
    bars = [
        go.Bar(
            orientation="h",
            name=plain(name),
            y=list(range(len(groups))),
            x=list(values),
            text=["" if value is None else f"{_short(value)} {unit}" for value in values],
            marker_color=PALETTE[position % len(PALETTE)],
            hovertemplate="%{y}: %{text}<extra>%{fullData.name}</extra>",
            **BESIDE,
        )
        for position, (name, values) in enumerate(series.items())
    ]
    measured = [value for values in series.values() for value in values if value]
    x_axis = room_beside(measured)
    if log_scale and measured:
        exponents = np.log10([min(measured), max(measured)])  # plotly wants the range of a log axis as exponents
        x_axis = {"type": "log", "dtick": 1, "range": [exponents[0] - 0.5, exponents[1] + 0.8]}
    return build(
        bars,
        title=title,
        x_label=x_label,
        height=bars_height(len(groups) * max(len(series), 1), 110),
        x_axis=x_axis,
        y_axis=row_axis(groups),
        barmode="group",
        showlegend=len(series) > 1,
        legend_traceorder="normal",
    )


def _short(value: float) -> str:
    """Four digits that count, and never an exponent."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def over_time(series: Mapping[str, Sequence[tuple[datetime, float]]], *, y_label: str = "") -> go.Figure:
    """A line of (moment, value) points for each of `series`, on a log scale: kinds of work differ by powers of ten."""
    lines = [
        go.Scatter(
            x=[moment for moment, _ in sorted(points)],
            y=[value for _, value in sorted(points)],
            mode="lines+markers",
            name=plain(name),
            line={"width": 2, "color": PALETTE[position % len(PALETTE)]},
            marker={"size": 8},
            hovertemplate="%{x|%Y-%m-%d %H:%M}: %{y:.3f}<extra>%{fullData.name}</extra>",
        )
        for position, (name, points) in enumerate(series.items())
    ]
    return build(
        lines,
        y_label=y_label,
        x_axis={"nticks": 6, "tickformat": "%m-%d %H:%M", "tickangle": 0},
        y_axis={"type": "log", "dtick": 1},
        showlegend=len(series) > 1,
    )
