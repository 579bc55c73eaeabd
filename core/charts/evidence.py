"""Charts of evidence: differences with their intervals, and the frontier of quality and coverage."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, ORANGE, VERMILION, apply_style, bars_height, list_rows


def differences(
    rows: Sequence[tuple[str, float, float, float]], *, title: str = "", x_label: str = "", zero_label: str = ""
) -> go.Figure:
    """One dot a row with its interval: blue right of zero, red left of it, grey where the interval holds zero.

    rows: (name, mean, low, high), first row on top.
    """
    colours = [BLUE if low > 0 else VERMILION if high < 0 else GREY for _, _, low, high in rows]
    figure = go.Figure()
    for position, ((_, mean, low, high), colour) in enumerate(zip(rows, colours, strict=True)):
        figure.add_scatter(
            x=[mean],
            y=[position],
            mode="markers",
            marker={"size": 10, "color": colour},
            error_x={"type": "data", "array": [high - mean], "arrayminus": [mean - low], "color": colour},
            hovertemplate=f"%{{x:+.3f}} [{low:+.3f}, {high:+.3f}]<extra></extra>",
            showlegend=False,
        )
    apply_style(figure, title=title, x_label=x_label, height=bars_height(len(rows), 110))
    figure.add_vline(x=0, line={"color": GREY, "dash": "dot", "width": 2}, annotation={"text": zero_label})
    figure.update_xaxes(tickformat="+.2f")
    list_rows(figure, [name for name, *_ in rows])
    return figure


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
    figure = go.Figure()
    _add(figure, tried, tried_label, hover, mode="markers", marker={"size": 7, "color": GREY, "opacity": 0.5})
    _add(
        figure,
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
    _add(figure, [in_force], in_force_label, hover, mode="markers", marker=diamond)
    apply_style(figure, x_label=x_label, y_label=y_label, height=380)
    figure.update_xaxes(tickformat=".0%")
    return figure


def _add(figure: go.Figure, points: Sequence[tuple[float, float]], name: str, hover: str, **style: object) -> None:
    x, y = [coverage for coverage, _ in points], [quality for _, quality in points]
    figure.add_scatter(x=x, y=y, name=name, hovertemplate=hover, **style)
