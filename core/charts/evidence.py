"""Charts of evidence: differences with their intervals, and the frontier of quality and coverage."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, ORANGE, VERMILION, bars_height, build, line_across, row_axis


def differences(
    rows: Sequence[tuple[str, float, float, float]], *, title: str = "", x_label: str = "", zero_label: str = ""
) -> go.Figure:
    """One dot a row with its interval: blue right of zero, red left of it, grey where the interval holds zero.

    rows: (name, mean, low, high), first row on top.
    """
    colours = [BLUE if low > 0 else VERMILION if high < 0 else GREY for _, _, low, high in rows]
    dots = [
        go.Scatter(
            x=[mean],
            y=[position],
            mode="markers",
            marker={"size": 10, "color": colour},
            error_x={"type": "data", "array": [high - mean], "arrayminus": [mean - low], "color": colour},
            hovertemplate=f"%{{x:+.3f}} [{low:+.3f}, {high:+.3f}]<extra></extra>",
            showlegend=False,
        )
        for position, ((_, mean, low, high), colour) in enumerate(zip(rows, colours, strict=True))
    ]
    return build(
        dots,
        title=title,
        x_label=x_label,
        height=bars_height(len(rows), 110),
        x_axis={"tickformat": "+.2f"},
        y_axis=row_axis([name for name, *_ in rows]),
        **line_across(0, zero_label),
    )


def frontier(
    tried: Sequence[tuple[float, float]],
    best: Sequence[tuple[float, float]],
    in_force: tuple[float, float],
    *,
    names: Sequence[str],
    tried_label: str,
    best_label: str,
    in_force_label: str,
    x_label: str = "",
    y_label: str = "",
) -> go.Figure:
    """Coverage to the right, quality upwards: what was tried, the line of what nothing beats, and what is in force.

    Pairs are (coverage, quality). names: one short name for each of `best`, written beside it.
    """
    hover = "%{x:.1%} · %{y:.3f}<extra>%{fullData.name}</extra>"
    cloud = _points(tried, tried_label, hover, mode="markers", marker={"size": 7, "color": GREY, "opacity": 0.5})
    line = _points(
        best,
        best_label,
        hover,
        mode="lines+markers+text",
        text=[f" {name}" for name in names],
        textposition="middle right",
        marker={"size": 11, "color": BLUE},
        line={"width": 2, "color": BLUE},
    )
    diamond = {"size": 14, "color": ORANGE, "symbol": "diamond"}
    now = _points([in_force], in_force_label, hover, mode="markers", marker=diamond)
    return build([cloud, line, now], x_label=x_label, y_label=y_label, height=380, x_axis={"tickformat": ".0%"})


def _points(points: Sequence[tuple[float, float]], name: str, hover: str, **style: object) -> go.Scatter:
    x, y = [coverage for coverage, _ in points], [quality for _, quality in points]
    return go.Scatter(x=x, y=y, name=name, hovertemplate=hover, **style)
