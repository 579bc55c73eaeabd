"""One look for every chart: colours, fonts, margins. Backgrounds are transparent, so light and dark pages both fit.

Text colours are left out on purpose: the page's theme fills them in.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

# Okabe and Ito's palette for all kinds of colour vision (https://jfly.uni-koeln.de/color/), without the black and
# the pale yellow that vanish on a dark or a light page.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
VERMILION = "#D55E00"
SKY = "#56B4E9"
SAND = "#DDCC77"  # Paul Tol's muted scheme: a yellow that holds on white
GREY = "#8A8F98"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, SAND, GREY)

STATUS_COLOURS = {"missing": VERMILION, "copies_title": ORANGE, "too_short": SAND, "sufficient": BLUE}
SIGNAL_COLOURS = {
    "department": BLUE,
    "interest": ORANGE,
    "history": GREEN,
    "level": PURPLE,
    "popularity": VERMILION,
    "novelty": SKY,
}

FONT_FAMILY = '"Source Sans", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif'
GRID = "rgba(138, 143, 152, 0.25)"
ROW_PIXELS = 26  # height of one horizontal bar with its gap
LABEL_CHARACTERS = 34


def plain(text: str, limit: int = LABEL_CHARACTERS) -> str:
    """`text` for a chart: shortened to `limit` characters, and escaped, because plotly reads tags in its labels."""
    shortened = text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
    return html.escape(shortened, quote=False)


def colour_of(name: str, position: int) -> str:
    """The fixed colour of a status or signal, or the palette's colour at `position` for any other name."""
    return STATUS_COLOURS.get(name) or SIGNAL_COLOURS.get(name) or PALETTE[position % len(PALETTE)]


def bars_height(rows: int, extra: int = 90) -> int:
    """Pixels for a chart of `rows` horizontal bars; `extra` is for title, axis and legend."""
    return max(160, rows * ROW_PIXELS + extra)


def build(
    traces: Sequence[BaseTraceType],
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    height: int = 300,
    x_axis: Mapping[str, Any] | None = None,
    y_axis: Mapping[str, Any] | None = None,
    **layout: Any,
) -> go.Figure:
    """A figure in the shared look; axis labels carry their units.

    `x_axis`, `y_axis` and `layout` are what this chart has beside it. All is given at once, because changing the layout
    of a finished figure takes plotly eight times as long as making it.
    """
    look: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 44 if title else 10, "b": 8},
        "font": {"family": FONT_FAMILY, "size": 13},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        # At the foot, where it may wrap: above the plot it would run into the title.
        "legend": {"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0},
        "hoverlabel": {"font": {"family": FONT_FAMILY}},
        "bargap": 0.25,
        "xaxis": _axis(x_label) | dict(x_axis or {}),
        "yaxis": _axis(y_label) | dict(y_axis or {}),
    }
    if title:
        look["title"] = {"text": plain(title, 120), "font": {"size": 16}, "x": 0, "xanchor": "left"}
    return go.Figure(data=list(traces), layout=look | layout)


def _axis(label: str) -> dict[str, Any]:
    return {"title": {"text": plain(label, 80)}, "gridcolor": GRID, "zeroline": False, "automargin": True}


def row_axis(labels: Sequence[str]) -> dict[str, Any]:
    """The y axis of a horizontal bar chart that reads as a list: first row on top, no grid between rows.

    Rows are at 0, 1, 2, ... on it, so that two rows may carry the same label.
    """
    return {
        "autorange": "reversed",
        "showgrid": False,
        "tickmode": "array",
        "tickvals": list(range(len(labels))),
        "ticktext": [plain(label) for label in labels],
    }


BESIDE = {"textposition": "outside", "cliponaxis": False}  # writes the texts of horizontal bars beside them, full size


def room_beside(values: Sequence[float | None]) -> dict[str, Any]:
    """The x axis of horizontal bars whose texts stand beside them: wide enough for the longest."""
    return {"range": [0, max([value for value in values if value] or [1.0]) * 1.4]}


def line_across(x: float, text: str) -> dict[str, Any]:
    """What `build` needs for a dotted line from top to bottom, with its name."""
    place = {"xref": "x", "yref": "y domain"}
    line = {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": {"color": GREY, "dash": "dot", "width": 2}}
    name = {"text": plain(text), "x": x, "y": 1, "xanchor": "left", "yanchor": "top", "showarrow": False}
    return {"shapes": [line | place], "annotations": [name | place]}


def thin(count: int, limit: int = 600) -> slice:
    """A slice that leaves at most about `limit` of `count` points, so that a browser stays quick."""
    return slice(None, None, max(1, -(-count // limit)))
