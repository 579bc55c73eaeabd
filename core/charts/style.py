"""One look for every chart: colours, fonts, margins. Backgrounds are transparent, so light and dark pages both fit.

Text colours are left out on purpose: the page's theme fills them in.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go

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


def apply_style(figure: go.Figure, *, title: str = "", x_label: str = "", y_label: str = "", height: int = 300) -> None:
    """Gives `figure`, whose traces are drawn, the shared look in place; axis labels carry their units."""
    figure.update_layout(
        title={"text": plain(title, 120), "font": {"size": 16}, "x": 0, "xanchor": "left"} if title else None,
        height=height,
        margin={"l": 8, "r": 16, "t": 44 if title else 10, "b": 8},
        font={"family": FONT_FAMILY, "size": 13},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        # At the foot, where it may wrap: above the plot it would run into the title.
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "title": None},
        hoverlabel={"font": {"family": FONT_FAMILY}},
        bargap=0.25,
    )
    figure.update_xaxes(title_text=plain(x_label, 80), gridcolor=GRID, zeroline=False, automargin=True)
    figure.update_yaxes(title_text=plain(y_label, 80), gridcolor=GRID, zeroline=False, automargin=True)


def list_rows(figure: go.Figure, labels: Sequence[str]) -> None:
    """Lays out a horizontal bar chart as a list: first row on top, no grid between rows.

    Rows are at 0, 1, 2, ... on the y axis, so that two rows may carry the same label.
    """
    figure.update_yaxes(
        autorange="reversed",
        showgrid=False,
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=[plain(label) for label in labels],
    )


def write_values(figure: go.Figure, values: Sequence[float | None]) -> None:
    """Puts the texts of horizontal bars beside them, in full size, and widens the axis so that they have room."""
    figure.update_traces(textposition="outside", cliponaxis=False, selector={"type": "bar"})
    figure.update_xaxes(range=[0, max([value for value in values if value] or [1.0]) * 1.4])


def thin(count: int, limit: int = 1500) -> slice:
    """A slice that leaves at most about `limit` of `count` points, so that a browser stays quick."""
    return slice(None, None, max(1, -(-count // limit)))
