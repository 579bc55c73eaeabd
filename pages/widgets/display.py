"""Drawing that knows no data source: plain text, figures in a row, what to do on an empty page, tables of courses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from core.i18n import Translator
from core.records import Course, Triage
from pages.widgets.navigation import go_to_button
from pages.widgets.picking import PickedRows, table_key

_ROWS_WITHOUT_SCROLLING = 10
_WORD_JOINER = "\u2060"
_FOUND_LATER = re.compile(r"(:|@|www(?=\\\.))", re.IGNORECASE)


def plain(text: str) -> str:
    """Text from data, made safe for labels and sentences that Streamlit reads as markdown.

    Every sign of markdown is escaped. Colons, the "www" of addresses and the "@" of mail also get an invisible sign
    behind them, because emoji names, icons and bare addresses are found after unescaping. For whole paragraphs use
    `st.text`, which reads no markdown.
    """
    escaped = re.sub(r"([!-/<-@\[-`{-~])", r"\\\1", text)
    return _FOUND_LATER.sub(r"\1" + _WORD_JOINER, escaped)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its label, as `metric_row` shows it."""

    label: str
    value: str | int | float
    help: str | None = None
    note: str | None = None  # small and grey below the value


def metric_row(figures: Sequence[Figure]) -> None:
    """Figures side by side in bordered boxes of equal height; they wrap on a narrow screen."""
    for column, figure in zip(st.columns(len(figures)), figures, strict=True):
        value = f"{figure.value:,}" if isinstance(figure.value, int | float) else figure.value
        column.metric(
            figure.label,
            value,
            delta=figure.note,
            delta_color="off",
            delta_arrow="off",
            help=figure.help,
            border=True,
            height="stretch",
        )


def draw_chart(figure: Any, *, key: str, alt: str) -> None:
    """A plotly figure in the page's theme, without the tool bar that covers its title; `alt` says what it shows."""
    st.plotly_chart(figure, key=key, alt=alt, config={"displayModeBar": False})


def empty_state(title: str, what_to_do: str, *, page: str | None = None, label: str = "", icon: str = "inbox") -> None:
    """What a page shows when it has nothing yet: why, what to do next, and a button that leads there."""
    with st.container(border=True, horizontal_alignment="center", key="empty_state"):
        st.markdown(f"### :material/{icon}: {title}", text_alignment="center", width="content")
        st.markdown(what_to_do, text_alignment="center", width="content")
        if page:
            go_to_button(page, label, key=f"empty_go_to_{page}", primary=True)


def course_table(
    courses: Sequence[Course],
    t: Translator,
    *,
    key: str,
    triage: Mapping[str, Triage] | None = None,
    extra: Mapping[str, Sequence[Any]] | None = None,
    selection: Literal["one", "many"] | None = None,
    height: int | Literal["auto", "stretch", "content"] = "auto",
) -> list[Course]:
    """A table of courses, with status and reason when `triage` (by course key) is given; gives back the picked ones.

    `extra` adds columns (label -> one value a course). With `selection` "one" a click anywhere picks a course, with
    "many" there is a box to tick before each row.
    """
    rows = _course_columns(courses, t, triage) | dict(extra or {})
    if len(courses) <= _ROWS_WITHOUT_SCROLLING:
        height = "auto"
    if selection is None:
        st.dataframe(rows, key=key, hide_index=True, height=height)
        return []
    keys = [course.course_key for course in courses]
    if selection == "one":
        answer = st.dataframe(
            rows,
            key=table_key(key, keys),
            hide_index=True,
            height=height,
            on_select="rerun",
            selection_mode="single-cell",
        )
        return [courses[row] for row, _ in answer["selection"]["cells"]]
    picking = PickedRows(keys, key=key)
    answer = st.dataframe(
        rows,
        key=picking.key,
        hide_index=True,
        height=height,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default=picking.default,
    )
    picked = set(picking.take(answer))
    return [course for course in courses if course.course_key in picked]


def _course_columns(
    courses: Sequence[Course], t: Translator, triage: Mapping[str, Triage] | None
) -> dict[str, Sequence[Any]]:
    rows: dict[str, Sequence[Any]] = {
        t("widgets.code"): [course.code for course in courses],
        t("widgets.course_title"): [course.title for course in courses],
        t("widgets.department"): [course.department for course in courses],
    }
    if triage is not None:
        verdicts = [triage.get(course.course_key) for course in courses]
        rows[t("widgets.status")] = [status_name(verdict, t) for verdict in verdicts]
        rows[t("widgets.reason")] = [t.message(verdict.reason) if verdict else "" for verdict in verdicts]
    return rows


def status_name(verdict: Triage | None, t: Translator) -> str:
    """The description status in words; empty before triage."""
    return t(f"widgets.status_{verdict.status}") if verdict else ""
