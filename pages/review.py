"""Review: the queue of drafts, one course a screen, many at once, undo."""

from __future__ import annotations

import streamlit as st

from core.i18n import Translator
from core.pipeline.review import ReviewQueue, Risk, narrow, review_queue
from core.records import ReviewState
from pages.widgets.display import Figure, empty_state, metric_row
from pages.widgets.review_bulk import draw_bulk
from pages.widgets.review_decisions import draw_undo, show_outcome
from pages.widgets.review_screen import draw_screen
from pages.widgets.session import application, catalog_or_way_there, show, translator

STATES = {
    "waiting": (ReviewState.DRAFT, ReviewState.STALE),
    "published": (ReviewState.APPROVED, ReviewState.EDITED),
    "rejected": (ReviewState.REJECTED,),
}


def draw() -> None:
    """The page."""
    t = translator()
    st.title(t("review.title"))
    catalog = catalog_or_way_there(t)
    if catalog is None:
        return
    states = STATES[st.session_state.get("review_states", "waiting")]
    everything = review_queue(application(), catalog.catalog_id, states=states)
    if not any(everything.counts.values()):
        empty_state(
            t("review.empty_title"),
            t("review.empty_text"),
            page="enhance",
            label=t("review.empty_button"),
            icon="edit_note",
        )
        return
    show_outcome()
    _draw_numbers(everything, t)
    queue = _draw_filters(everything, t)
    view = st.segmented_control(
        t("review.view"),
        ("one", "many"),
        format_func=lambda name: t(f"review.view_{name}"),
        default="one",
        required=True,
        key="review_view",
        label_visibility="collapsed",
    )
    if not queue.items:
        _draw_nothing_left(everything, t)
    elif view == "many":
        draw_bulk(catalog.catalog_id, queue, t)
    else:
        draw_screen(queue, t)


def _draw_numbers(queue: ReviewQueue, t: Translator) -> None:
    waiting = sum(queue.counts[state] for state in STATES["waiting"])
    metric_row(
        [
            Figure(t("review.waiting"), waiting, help=t("review.waiting_help")),
            Figure(t("review.with_hard"), queue.risks[Risk.HARD], help=t("review.with_hard_help")),
            Figure(t("review.published"), sum(queue.counts[state] for state in STATES["published"])),
            Figure(t("review.rejected"), queue.counts[ReviewState.REJECTED]),
        ]
    )


def _draw_filters(everything: ReviewQueue, t: Translator) -> ReviewQueue:
    """The queue that the filters leave."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="review_filters"):
        st.segmented_control(
            t("review.show"),
            list(STATES),
            format_func=lambda name: t(f"review.show_{name}"),
            default="waiting",
            required=True,
            key="review_states",
            persist_state="session",
        )
        wanted_risk = st.segmented_control(
            t("review.risk"),
            list(Risk),
            format_func=lambda name: t(f"review.risk_{name}"),
            key="review_risk",
            persist_state="session",
        )
        wanted_department = st.selectbox(
            t("review.department"),
            everything.departments,
            index=None,
            placeholder=t("review.all_departments"),
            key="review_department",
            persist_state="session",
            width=190,
        )
        words = st.text_input(
            t("review.search"),
            key="review_search",
            placeholder=t("review.search_hint"),
            persist_state="session",
            icon=":material/search:",
            width=220,
        )
    return narrow(everything, risk=wanted_risk, department=wanted_department, search=words)


def _draw_nothing_left(everything: ReviewQueue, t: Translator) -> None:
    if everything.items:
        st.info(t("review.no_match"), icon=":material/filter_alt:")
    else:
        empty_state(
            t("review.all_done_title"),
            t("review.all_done_text"),
            page="students",
            label=t("review.all_done_button"),
            icon="task_alt",
        )
    draw_undo(t)


show(draw)
