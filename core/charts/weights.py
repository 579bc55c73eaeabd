"""Charts for tuning: metrics along a sweep of weights, change by department, how evenly courses are recommended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    BESIDE,
    BLUE,
    GREY,
    PALETTE,
    bars_height,
    build,
    line_across,
    plain,
    room_beside,
    row_axis,
    thin,
)

CURVE_POINTS = 80
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")  # a second way to tell lines apart


def sweep(
    positions: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    *,
    current: float | None = None,
    current_label: str = "",
    tick_labels: Sequence[str] | None = None,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> go.Figure:
    """Metrics between 0 and 1 as curves over one weight, with a mark at the weight that is set now.

    positions: the weights that were tried, ascending; `tick_labels` names them (for example "70:30").
    curves: metric name -> its value at each position. current: where to put the mark; None for no mark.
    """
    lines = [
        go.Scatter(
            x=list(positions),
            y=list(values),
            mode="lines+markers",
            name=plain(name),
            line={"width": 2.5, "color": PALETTE[position % len(PALETTE)], "dash": DASHES[position % len(DASHES)]},
            marker={"size": 7},
            hovertemplate="%{y:.1%}<extra>%{fullData.name}</extra>",
        )
        for position, (name, values) in enumerate(curves.items())
    ]
    names = [plain(text) for text in tick_labels or ()]
    return build(
        lines,
        title=title,
        x_label=x_label,
        y_label=y_label,
        height=360,
        x_axis={"tickmode": "array", "tickvals": list(positions), "ticktext": names} if names else None,
        y_axis={"tickformat": ".0%", "range": [-0.02, 1.05]},
        hovermode="x unified",
        **({} if current is None else line_across(current, current_label)),
    )


def churn_by_department(
    shares: Mapping[str, float], *, title: str = "", x_label: str = "", limit: int = 20
) -> go.Figure:
    """Share of students whose list changes, one bar a department, most changed on top."""
    ordered = sorted(shares, key=lambda name: (-shares[name], name))[:limit]
    bars = go.Bar(
        orientation="h",
        y=list(range(len(ordered))),
        x=[shares[name] for name in ordered],
        text=[f"{shares[name]:.0%}" for name in ordered],
        marker_color=BLUE,
        hovertemplate="%{x:.1%}<extra></extra>",
        **BESIDE,
    )
    return build(
        [bars],
        title=title,
        x_label=x_label,
        height=bars_height(len(ordered), 80),
        x_axis={**room_beside([1.0]), "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1]},
        y_axis=row_axis(ordered),
    )


def lorenz_curve(counts: Sequence[int]) -> tuple[list[float], list[float]]:
    """Share of the courses (least recommended first) against the share of all places in lists that they hold.

    Source: M. O. Lorenz, Methods of Measuring the Concentration of Wealth (1905). The Gini index is twice the area
    between this curve and the diagonal.
    """
    held = np.cumsum(np.sort(np.asarray(counts, dtype=float)))
    if held.size == 0 or held[-1] == 0:
        return [0.0, 1.0], [0.0, 1.0]
    shares = np.concatenate(([0.0], held / held[-1]))
    return np.linspace(0.0, 1.0, shares.size).tolist(), shares.tolist()


def concentration(
    counts: Mapping[str, Sequence[int]],
    *,
    even_label: str,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> go.Figure:
    """Lorenz curves: the further below the diagonal, the fewer courses take the places in students' lists.

    counts: name of a set of weights -> for each course, in how many lists it stands.
    """
    even = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", name=even_label, line={"color": GREY, "dash": "dot"}, hoverinfo="skip"
    )
    curves = [_curve(name, values, position) for position, (name, values) in enumerate(counts.items())]
    return build(
        [even, *curves],
        title=title,
        x_label=x_label,
        y_label=y_label,
        height=360,
        x_axis={"tickformat": ".0%", "range": [0, 1]},
        y_axis={"tickformat": ".0%", "range": [0, 1.02]},
    )


def _curve(name: str, counts: Sequence[int], position: int) -> go.Scatter:
    courses, places = lorenz_curve(counts)
    kept = thin(len(courses), CURVE_POINTS)
    return go.Scatter(
        x=[*courses[kept], courses[-1]],
        y=[*places[kept], places[-1]],
        mode="lines",
        name=plain(name),
        line={"width": 2.5, "color": PALETTE[position % len(PALETTE)], "dash": DASHES[position % len(DASHES)]},
        hovertemplate="%{x:.0%} → %{y:.1%}<extra>%{fullData.name}</extra>",
    )
