"""Many drafts at once: approve all that pass the checks, with exceptions and a confirmation."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline import review
from core.pipeline.review import QueueItem, ReviewQueue
from core.records import ReviewState
from pages.widgets.picking import PickedRows
from pages.widgets.review_decisions import act, draw_undo, remembering, reviewer
from pages.widgets.review_effect import draw_effect
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, guard

_ROWS_WITHOUT_SCROLLING = 12


def draw_bulk(catalog_id: str, queue: ReviewQueue, t: Translator) -> None:
    """The filtered queue as a table; picked rows are left out of the bulk approval."""
    st.markdown(t("review.bulk_text"))
    rows = PickedRows([item.enhancement.enhancement_id for item in queue.items], key="review_table")
    answer = st.dataframe(
        {
            t("review.column_title"): [item.course.title for item in queue.items],
            t("review.column_draft"): [item.enhancement.published_text for item in queue.items],
            t("review.column_risk"): [t(f"review.risk_{item.risk}") for item in queue.items],
            t("effects.reach"): [item.reach for item in queue.items],
            t("review.column_findings"): [_findings(item, t) for item in queue.items],
            t("review.column_department"): [item.course.department for item in queue.items],
        },
        column_config={
            t("review.column_title"): st.column_config.TextColumn(width="medium"),
            t("review.column_draft"): st.column_config.TextColumn(width="large"),
        },
        hide_index=True,
        placeholder=t("widgets.none"),
        on_select="rerun",
        selection_mode="multi-row",
        height=460 if len(queue.items) > _ROWS_WITHOUT_SCROLLING else "auto",
        selection_default=rows.default,
        key=rows.key,
    )
    picked = set(rows.take(answer))
    drafts = [item for item in queue.items if item.enhancement.state is ReviewState.DRAFT]
    passing = review.passing_drafts(drafts)
    chosen = [item for item in passing if item.enhancement.enhancement_id not in picked]
    with st.container(horizontal=True):
        if st.button(
            t("review.bulk_approve", count=len(chosen)),
            help=reason_why_not(Permission.REVIEW),
            key="review_bulk_approve",
            type="primary",
            icon=":material/done_all:",
            disabled=(not chosen) or not may(Permission.REVIEW),
        ):
            _confirm(catalog_id, chosen, len(drafts) - len(passing), len(passing) - len(chosen), t)
        draw_undo(catalog_id, t)
    if chosen:
        draw_effect(catalog_id, chosen, t)


def _findings(item: QueueItem, t: Translator) -> str:
    return " · ".join(t.message(finding.message) for finding in item.enhancement.findings)


def _confirm(catalog_id: str, chosen: Sequence[QueueItem], held: int, left_out: int, t: Translator) -> None:
    @st.dialog(t("review.bulk_title"), icon=":material/done_all:")
    @guard()
    def ask() -> None:
        st.markdown(t("review.bulk_question", count=len(chosen)))
        if held:
            st.markdown(t("review.bulk_held", count=held))
        if left_out:
            st.markdown(t("review.bulk_left_out", count=left_out))
        st.caption(t("review.bulk_undo_note"))
        if st.button(
            t("review.bulk_confirm"),
            disabled=not may(Permission.REVIEW),
            help=reason_why_not(Permission.REVIEW),
            key="review_bulk_confirm",
            type="primary",
        ):
            act(lambda: _approve(catalog_id, chosen, t))
            st.rerun()

    ask()


def _approve(catalog_id: str, chosen: Sequence[QueueItem], t: Translator) -> str:
    identities = [item.enhancement.enhancement_id for item in chosen]
    remember = remembering(catalog_id)
    done = review.approve_passing(application(), catalog_id, by=reviewer(), enhancement_ids=identities)
    sentence = t("review.done_bulk", count=done.approved)
    if done.decision_id:
        remember(done.decision_id, sentence)
    overtaken = len(chosen) - done.approved
    return f"{sentence} {t('review.bulk_overtaken', count=overtaken)}" if overtaken else sentence
