"""Review: the queue of drafts, one course a screen, many at once, undo."""

from __future__ import annotations

import streamlit as st

from core.i18n import Translator
from core.pipeline.review import WAITING, Order, ReviewQueue, Risk, in_order, narrow, review_queue
from core.records import ReviewState
from pages.widgets.display import Figure, empty_state, metric_row
from pages.widgets.release_panel import draw_publishing
from pages.widgets.review_bulk import draw_bulk
from pages.widgets.review_decisions import draw_undo, show_outcome
from pages.widgets.review_effect import draw_missing, known_reach
from pages.widgets.review_screen import draw_screen
from pages.widgets.session import application, catalog_or_way_there, show, translator

STATES = {
    "waiting": WAITING,
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
    everything = _by_effect_too(catalog.catalog_id, everything, t)
    queue = _draw_filters(everything, t)
    view = _draw_view(t)
    if view == "publish":
        draw_publishing(catalog.catalog_id, t)
    elif not queue.items:
        _draw_nothing_left(catalog.catalog_id, everything, t)
    elif view == "many":
        draw_bulk(catalog.catalog_id, queue, t)
    else:
        draw_screen(catalog.catalog_id, queue, t)


def _draw_view(t: Translator) -> str:
    """One text a screen, many at once, or publishing; and what comes first."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        view = st.segmented_control(
            t("review.view"),
            ("one", "many", "publish"),
            format_func=lambda name: t(f"review.view_{name}"),
            default="one",
            required=True,
            key="review_view",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            st.caption(t("effects.order"), help=t("effects.order_help"), width="content")
            st.segmented_control(
                t("effects.order"),
                list(Order),
                format_func=lambda name: t(f"effects.order_{name}"),
                default=Order.RISK,
                required=True,
                key="review_order",
                label_visibility="collapsed",
                persist_state="session",
            )
    return str(view)


def _by_effect_too(catalog_id: str, queue: ReviewQueue, t: Translator) -> ReviewQueue:
    """The queue with how far each waiting text reaches, in the order that the reviewer wants."""
    if not queue.items or queue.items[0].enhancement.state not in WAITING:
        return queue
    reach = known_reach(catalog_id, queue.items, t)
    draw_missing(catalog_id, queue.items, reach, t)
    return in_order(queue, Order(st.session_state.get("review_order") or Order.RISK), reach.lists)


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
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="review_filters"):
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
            width=165,
        )
        words = st.text_input(
            t("review.search"),
            key="review_search",
            placeholder=t("review.search_hint"),
            persist_state="session",
            icon=":material/search:",
            width=175,
        )
    return narrow(everything, risk=wanted_risk, department=wanted_department, search=words)


def _draw_nothing_left(catalog_id: str, everything: ReviewQueue, t: Translator) -> None:
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
    draw_undo(catalog_id, t)


show(draw)
