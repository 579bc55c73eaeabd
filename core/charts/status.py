"""Charts about descriptions: how many courses lack one, and how far the work has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.charts.style import BESIDE, PALETTE, bars_height, build, colour_of, room_beside, row_axis


def status_by_department(
    counts: Mapping[str, Mapping[str, int]],
    status_labels: Mapping[str, str],
    *,
    others_label: str,
    title: str = "",
    x_label: str = "",
    limit: int = 20,
) -> go.Figure:
    """Stacked horizontal bars, one row a department, one colour a description status.

    counts: department -> status -> number of courses.
    status_labels: status -> its name; their order is the order of the stack.
    others_label: the name of the row that sums the departments after the `limit` largest.
    """
    ordered = sorted(counts, key=lambda name: (-sum(counts[name].values()), name))
    rows = {name: counts[name] for name in ordered[:limit]}
    rest = ordered[limit:]
    if rest:
        rows[others_label] = {status: sum(counts[name].get(status, 0) for name in rest) for status in status_labels}
    bars = [
        go.Bar(
            orientation="h",
            name=label,
            y=list(range(len(rows))),
            x=[row.get(status, 0) for row in rows.values()],
            marker_color=colour_of(status, position),
            hovertemplate=f"%{{y}} · {label}: %{{x:,}}<extra></extra>",
        )
        for position, (status, label) in enumerate(status_labels.items())
    ]
    return build(
        bars,
        title=title,
        x_label=x_label,
        height=bars_height(len(rows), 110),
        y_axis=row_axis(tuple(rows)),
        barmode="stack",
        legend_traceorder="normal",
    )


def funnel(stages: Sequence[tuple[str, int]], *, title: str = "", x_label: str = "") -> go.Figure:
    """Horizontal bars from the first to the last stage of the work, each with its count and share of the first."""
    first = stages[0][1] if stages else 0
    texts = [f"{count:,} ({count / first:.0%})" if first else f"{count:,}" for _, count in stages]
    counts = [count for _, count in stages]
    bars = go.Bar(
        orientation="h",
        y=list(range(len(stages))),
        x=counts,
        text=texts,
        marker_color=PALETTE[0],
        marker_opacity=[1 - 0.5 * row / max(len(stages) - 1, 1) for row in range(len(stages))],
        hovertemplate="%{y}: %{x:,}<extra></extra>",
        **BESIDE,
    )
    return build(
        [bars],
        title=title,
        x_label=x_label,
        height=bars_height(len(stages), 80),
        x_axis=room_beside(counts),
        y_axis=row_axis([label for label, _ in stages]),
    )
