"""Charts about recommendations: what a score is made of, and what a change of weights does to everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, bars_height, build, colour_of, row_axis


def contributions(
    rows: Sequence[tuple[str, Mapping[str, float]]],
    signal_labels: Mapping[str, str],
    *,
    title: str = "",
    x_label: str = "",
) -> go.Figure:
    """One stacked horizontal bar a course; the coloured parts add up to its score, written at the end.

    rows: (course title, signal -> amount), best first. signal_labels: signal -> its name, in stacking order.
    """
    positions = list(range(len(rows)))
    bars = [
        go.Bar(
            orientation="h",
            name=label,
            y=positions,
            x=[amounts.get(signal, 0.0) for _, amounts in rows],
            marker_color=colour_of(signal, position),
            hovertemplate=f"{label}: %{{x:.3f}}<extra></extra>",
        )
        for position, (signal, label) in enumerate(signal_labels.items())
        if any(amounts.get(signal) for _, amounts in rows)
    ]
    scores = [sum(amounts.values()) for _, amounts in rows]
    totals = go.Scatter(
        x=scores,
        y=positions,
        mode="text",
        text=[f" {score:.3f}" for score in scores],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    return build(
        [*bars, totals],
        title=title,
        x_label=x_label,
        height=bars_height(len(rows), 110),
        x_axis={"range": [0, max([*scores, 0.1]) * 1.12]},
        y_axis=row_axis([name for name, _ in rows]),
        barmode="stack",
        legend_traceorder="normal",
    )


def population_metrics(
    names: Sequence[str],
    before: Sequence[float | None],
    after: Sequence[float],
    *,
    before_label: str,
    after_label: str,
    title: str = "",
    x_label: str = "",
) -> go.Figure:
    """Metrics between 0 and 1: a grey ring where they were, a blue dot where they are, a line for the way between."""
    rows = list(range(len(names)))
    ways = [(row, old, new) for row, old, new in zip(rows, before, after, strict=True) if old is not None]
    hover = "%{x:.3f}<extra>%{fullData.name}</extra>"
    now = go.Scatter(
        x=list(after),
        y=rows,
        mode="markers",
        name=after_label,
        cliponaxis=False,
        marker={"size": 13, "color": BLUE},
        hovertemplate=hover,
        showlegend=True,
    )
    return build(
        [*(_way(ways, before_label, hover) if ways else ()), now],
        title=title,
        x_label=x_label,
        height=bars_height(len(names), 110),
        x_axis={"range": [0, 1], "tickformat": ".0%"},
        y_axis=row_axis(names),
    )


def _way(ways: Sequence[tuple[int, float, float]], label: str, hover: str) -> tuple[go.Scatter, go.Scatter]:
    """The lines from the old to the new values of some rows, and the rings at the old ones."""
    lines = go.Scatter(  # one trace with gaps: a trace for each line would be drawn one by one
        x=[x for _, old, new in ways for x in (old, new, None)],
        y=[y for row, _, _ in ways for y in (row, row, None)],
        mode="lines",
        line={"width": 4, "color": GREY},
        hoverinfo="skip",
        showlegend=False,
    )
    rings = go.Scatter(
        x=[old for _, old, _ in ways],
        y=[row for row, _, _ in ways],
        mode="markers",
        name=label,
        cliponaxis=False,
        marker={"size": 13, "color": GREY, "symbol": "circle-open", "line": {"width": 3}},
        hovertemplate=hover,
    )
    return lines, rings
