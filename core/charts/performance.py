"""Charts of measured time: the named parts of a run, and runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BLUE, PALETTE, apply_style, bars_height, list_rows, plain, write_values


def parts(seconds: Sequence[tuple[str, float]], *, title: str = "", x_label: str = "") -> go.Figure:
    """Named parts of a run as horizontal bars, longest on top, each with its seconds and share of their total."""
    ordered = sorted(seconds, key=lambda part: -part[1])
    total = sum(value for _, value in ordered)
    texts = [f"{value:,.2f} s · {value / total:.1%}" if total else f"{value:,.2f} s" for _, value in ordered]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=list(range(len(ordered))),
            x=[value for _, value in ordered],
            text=texts,
            marker_color=BLUE,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    apply_style(figure, title=title, x_label=x_label, height=bars_height(len(ordered), 80))
    list_rows(figure, [label for label, _ in ordered])
    write_values(figure, [value for _, value in ordered])
    return figure


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
    figure = go.Figure()
    for position, (name, values) in enumerate(series.items()):
        figure.add_bar(
            orientation="h",
            name=plain(name),
            y=list(range(len(groups))),
            x=list(values),
            text=["" if value is None else f"{_short(value)} {unit}" for value in values],
            marker_color=PALETTE[position % len(PALETTE)],
            hovertemplate="%{y}: %{text}<extra>%{fullData.name}</extra>",
        )
    apply_style(figure, title=title, x_label=x_label, height=bars_height(len(groups) * max(len(series), 1), 110))
    figure.update_layout(barmode="group", showlegend=len(series) > 1, legend_traceorder="normal")
    list_rows(figure, groups)
    measured = [value for values in series.values() for value in values if value]
    write_values(figure, measured)
    if log_scale and measured:
        exponents = np.log10([min(measured), max(measured)])  # plotly wants the range of a log axis as exponents
        figure.update_xaxes(type="log", dtick=1, range=[exponents[0] - 0.5, exponents[1] + 0.8])
    return figure


def _short(value: float) -> str:
    """Four digits that count, and never an exponent."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def over_time(series: Mapping[str, Sequence[tuple[datetime, float]]], *, y_label: str = "") -> go.Figure:
    """A line of (moment, value) points for each of `series`, on a log scale: kinds of work differ by powers of ten."""
    figure = go.Figure()
    for position, (name, points) in enumerate(series.items()):
        ordered = sorted(points)
        figure.add_scatter(
            x=[moment for moment, _ in ordered],
            y=[value for _, value in ordered],
            mode="lines+markers",
            name=plain(name),
            line={"width": 2, "color": PALETTE[position % len(PALETTE)]},
            marker={"size": 8},
            hovertemplate="%{x|%Y-%m-%d %H:%M}: %{y:.3f}<extra>%{fullData.name}</extra>",
        )
    apply_style(figure, y_label=y_label, height=300)
    figure.update_layout(showlegend=len(series) > 1)
    figure.update_xaxes(nticks=6, tickformat="%m-%d %H:%M", tickangle=0)
    figure.update_yaxes(type="log", dtick=1)
    return figure
