"""What one rarely needs of a draft: changes by a person, how it was made, its history, other texts of the course."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.access.roles import Permission
from core.enhancement.word_diff import word_diff
from core.i18n import Translator
from core.pipeline import review
from core.pipeline.review_screen import HistoryEntry, ReviewScreen
from core.records import Enhancement
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.marked_text import diff_text
from pages.widgets.review_decisions import decide, reviewer, undo_decision
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application


def draw_background(screen: ReviewScreen, seen: int, t: Translator) -> None:
    """Everything behind a draft, folded away. `seen`: see core.pipeline.review.ReviewQueue."""
    enhancement = screen.enhancement
    if enhancement.edited_text is not None:
        with st.expander(t("review.edits"), icon=":material/difference:"):
            diff_text(word_diff(enhancement.text, enhancement.edited_text))
    if screen.course.description:
        with st.expander(t("review.difference"), icon=":material/compare:"):
            diff_text(word_diff(screen.course.description, enhancement.published_text))
    if screen.others:
        with st.expander(t("review.other_texts", count=len(screen.others)), icon=":material/library_books:"):
            for other in screen.others:
                _draw_other(other, screen, seen, t)
    with st.expander(t("review.history"), icon=":material/history:"):
        for position, entry in enumerate(screen.history):
            _draw_history_entry(entry, position, enhancement.enhancement_id, t)
    with st.expander(t("review.made_by"), icon=":material/memory:"):
        _draw_provenance(enhancement, t)


def _draw_other(other: Enhancement, screen: ReviewScreen, seen: int, t: Translator) -> None:
    state = t(f"review.state_{other.state}")
    made = other.provenance
    settings = f"{made.prompt_version} · {t('review.seed')} {made.seed}"
    approve, source = partial(review.approve, application()), screen.course.content_hash
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{moment(other.created_at, t)} · {state} · {plain(made.model)} · {plain(settings)}", width="stretch"
        )
        if not other.state.is_published:
            st.button(
                t("review.use_this"),
                disabled=not may(Permission.REVIEW),
                help=reason_why_not(Permission.REVIEW),
                key=f"review_use_{other.enhancement_id}",
                type="tertiary",
                icon=":material/check:",
                on_click=decide,
                args=(
                    other.enhancement_id,
                    partial(approve, [other.enhancement_id], by=reviewer(), seen=seen, source=source),
                    t("review.done_approve", title=plain(screen.course.title)),
                ),
            )
    diff_text(word_diff(screen.enhancement.published_text, other.published_text))


def _draw_history_entry(entry: HistoryEntry, position: int, enhancement_id: str, t: Translator) -> None:
    nobody = "review.unnamed" if entry.decision_id else "review.the_upload"
    if entry.previous_state is None:
        nobody = "review.the_model"
    actor = plain(entry.actor) or t(nobody)
    sentence = f"{moment(entry.at, t)} · **{t(f'review.state_{entry.state}')}** · {actor}"
    if entry.reason:
        sentence += f" · {plain(entry.reason)}"
    if entry.texts > 1:
        sentence += f" · {t('review.together', count=entry.texts)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(sentence, width="content")
        if position == 0 and entry.decision_id:
            st.button(
                t("review.undo_this"),
                disabled=not may(Permission.REVIEW),
                help=reason_why_not(Permission.REVIEW),
                key=f"review_undo_this_{entry.decision_id}",
                type="tertiary",
                icon=":material/undo:",
                on_click=undo_decision,
                args=(entry.decision_id, t, enhancement_id),
            )


def _draw_provenance(enhancement: Enhancement, t: Translator) -> None:
    made = enhancement.provenance
    rows = {
        t("review.model"): made.model,
        t("review.engine"): f"{made.engine} · {made.precision} · {made.device}",
        t("review.prompt"): made.prompt_version,
        t("review.settings"): ", ".join(f"{name}={value}" for name, value in made.settings.items()),
        t("review.seed"): str(made.seed),
        t("review.speed"): t("review.speed_value", seconds=f"{enhancement.seconds:.2f}", tokens=enhancement.new_tokens),
    }
    st.markdown("  \n".join(f":gray[{label}] {plain(value)}" for label, value in rows.items()))
