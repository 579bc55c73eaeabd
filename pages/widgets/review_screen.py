"""One draft beside its source: findings, decisions by mouse and keyboard, history."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.enhancement.word_diff import word_diff
from core.i18n import Translator
from core.pipeline import review
from core.pipeline.review import QueueItem, ReviewQueue
from core.pipeline.review_screen import HistoryEntry, ReviewScreen, review_screen
from core.records import Course, Enhancement, Finding, ReviewState, Severity
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.marked_text import diff_text, draft_text, legend
from pages.widgets.review_decisions import OPEN_FORM, decide, draw_undo, reviewer, seconds_a_decision, undo_decision
from pages.widgets.session import application

SEVERITY_COLOURS = {Severity.HARD: "red", Severity.SOFT: "orange", Severity.NOTE: "gray"}
STATE_COLOURS = {
    ReviewState.DRAFT: "blue",
    ReviewState.STALE: "orange",
    ReviewState.APPROVED: "green",
    ReviewState.EDITED: "green",
    ReviewState.REJECTED: "gray",
}
REJECTION_REASONS = ("wrong_facts", "invented", "too_general", "bad_language", "other")
_POSITION = "review_position"


def draw_screen(queue: ReviewQueue, t: Translator) -> None:
    """The draft at the current place of the queue, and everything one can do with it."""
    position = min(st.session_state.get(_POSITION, 0), len(queue.items) - 1)
    item = queue.items[position]
    _draw_place(queue, position, t)
    screen = review_screen(application(), item.enhancement.enhancement_id)
    source, draft = st.columns(2, gap="medium")
    with source.container(border=True, height="stretch", key="review_source"):
        _draw_source(screen, t)
    with draft.container(border=True, height="stretch", key="review_draft"):
        _draw_draft(screen, t)
    _draw_decisions(item, position, len(queue.items), t)
    _draw_background(screen, t)


def _draw_place(queue: ReviewQueue, position: int, t: Translator) -> None:
    total = len(queue.items)
    st.progress((position + 1) / total)
    pace = seconds_a_decision()
    sentence = t("review.place", position=position + 1, total=total)
    if pace is not None:
        minutes = max(1, round(pace * (total - position) / 60))
        sentence += " · " + t("review.pace", minutes=minutes)
    st.caption(sentence)


def _draw_source(screen: ReviewScreen, t: Translator) -> None:
    course = screen.course
    st.caption(t("review.source"))
    st.subheader(plain(course.title), anchor=False)
    facts = [(label, value) for label, value in _facts(course, t) if value]
    st.markdown("  \n".join(f":gray[{label}] {plain(value)}" for label, value in facts))
    st.markdown(f"**{t('review.own_description')}**")
    if course.description:
        st.text(course.description)
    if screen.triage is not None:
        st.caption(plain(t.message(screen.triage.reason)))


def _facts(course: Course, t: Translator) -> list[tuple[str, str]]:
    language = t(f"review.language_{course.language}") if course.language in ("ko", "en") else course.language
    return [
        (t("review.code"), course.code),
        (t("review.title_en"), course.title_en),
        (t("review.department"), course.department),
        (t("review.category"), course.category),
        (t("review.level"), course.level),
        (t("review.credits"), course.credits),
        (t("review.prerequisites"), course.prerequisites),
        (t("review.language"), language),
    ]


def _draw_draft(screen: ReviewScreen, t: Translator) -> None:
    enhancement = screen.enhancement
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("review.draft"))
        st.badge(t(f"review.state_{enhancement.state}"), color=STATE_COLOURS[enhancement.state])  # type: ignore[arg-type]
    tips = [t.message(finding.message) for finding in enhancement.findings]
    draft_text(screen.parts, tips)
    legend(t("review.legend_added"), t("review.legend_hard"), t("review.legend_soft"))
    if not enhancement.findings:
        st.markdown(f":green[:material/verified: {t('review.no_findings')}]")
    for finding in sorted(enhancement.findings, key=lambda finding: list(Severity).index(finding.severity)):
        _draw_finding(finding, enhancement.published_text, t)


def _draw_finding(finding: Finding, text: str, t: Translator) -> None:
    colour = SEVERITY_COLOURS[finding.severity]
    sentence = t.message(finding.message)
    quoted = text[finding.start : finding.end].strip()
    is_news = quoted and quoted not in sentence and len(quoted) < len(text)
    quote = f" — “{plain(quoted[:80])}”" if is_news else ""
    severity = t(f"review.severity_{finding.severity}")
    st.markdown(f":{colour}-badge[{severity}] {plain(sentence)}{quote}")


def _draw_decisions(item: QueueItem, position: int, total: int, t: Translator) -> None:
    """The row of buttons; editing and rejecting open their form below it."""
    identity = item.enhancement.enhancement_id
    title = plain(item.course.title)
    forms = {"edit": (OPEN_FORM, ("edit", identity)), "reject": (OPEN_FORM, ("reject", identity))}
    with st.container(horizontal=True, key="review_actions"):
        st.button(
            t("review.approve"),
            key="review_approve",
            type="primary",
            icon=":material/check:",
            shortcut="A",
            on_click=decide,
            args=(partial(_approve, identity), t("review.done_approve", title=title)),
        )
        for name, icon, shortcut in (("edit", "edit", "E"), ("reject", "close", "X")):
            st.button(
                t(f"review.{name}"),
                key=f"review_{name}",
                icon=f":material/{icon}:",
                shortcut=shortcut,
                on_click=_remember,
                args=forms[name],
            )
        for name, icon, shortcut, step in (("skip", "skip_next", "S", 1), ("back", "skip_previous", "B", -1)):
            st.button(
                t(f"review.{name}"),
                key=f"review_{name}",
                icon=f":material/{icon}:",
                shortcut=shortcut,
                disabled=name == "back" and position == 0,
                on_click=_remember,
                args=(_POSITION, (position + step) % total),
            )
        draw_undo(t)
    mode = st.session_state.get(OPEN_FORM)
    if mode == ("edit", identity):
        _draw_edit_form(item.enhancement, title, t)
    elif mode == ("reject", identity):
        _draw_reject_form(identity, title, t)


def _remember(name: str, value: object) -> None:
    st.session_state[name] = value


def _approve(identity: str) -> str:
    return review.approve(application(), [identity], by=reviewer())


def _draw_edit_form(enhancement: Enhancement, title: str, t: Translator) -> None:
    key = f"review_text_{enhancement.enhancement_id}"

    def save() -> str:
        return review.edit(application(), enhancement.enhancement_id, st.session_state[key], by=reviewer())

    with st.form("review_edit_form"):
        st.text_area(
            t("review.your_text"),
            enhancement.published_text,
            height=180,
            key=key,
            help=t("review.your_text_help"),
        )
        st.form_submit_button(
            t("review.save_text"),
            type="primary",
            key="review_save_text",
            on_click=decide,
            args=(save, t("review.done_edit", title=title)),
        )


def _draw_reject_form(identity: str, title: str, t: Translator) -> None:
    reason_key, note_key = f"review_reason_{identity}", f"review_note_{identity}"

    def turn_down() -> str:
        reason = t(f"review.reason_{st.session_state[reason_key]}")
        words = ": ".join(filter(None, (reason, st.session_state[note_key].strip())))
        return review.reject(application(), [identity], by=reviewer(), reason=words)

    with st.form("review_reject_form"):
        st.pills(
            t("review.reason"),
            REJECTION_REASONS,
            format_func=lambda name: t(f"review.reason_{name}"),
            default=REJECTION_REASONS[0],
            required=True,
            key=reason_key,
        )
        st.text_input(t("review.reason_note"), key=note_key)
        st.form_submit_button(
            t("review.confirm_reject"),
            type="primary",
            key="review_confirm_reject",
            on_click=decide,
            args=(turn_down, t("review.done_reject", title=title)),
        )


def _draw_background(screen: ReviewScreen, t: Translator) -> None:
    """What one rarely needs: changes by a person, how the text was made, its history, other texts."""
    enhancement = screen.enhancement
    if enhancement.edited_text is not None:
        with st.expander(t("review.edits"), icon=":material/difference:"):
            diff_text(word_diff(enhancement.text, enhancement.edited_text))
    if screen.course.description:
        with st.expander(t("review.difference"), icon=":material/compare:"):
            diff_text(word_diff(screen.course.description, enhancement.published_text))
    with st.expander(t("review.history"), icon=":material/history:"):
        for position, entry in enumerate(screen.history):
            _draw_history_entry(entry, position, t)
    with st.expander(t("review.made_by"), icon=":material/memory:"):
        _draw_provenance(enhancement, t)
    if screen.others:
        with st.expander(t("review.other_texts", count=len(screen.others)), icon=":material/library_books:"):
            for other in screen.others:
                state = t(f"review.state_{other.state}")
                st.caption(f"{moment(other.created_at, t)} · {state} · {plain(other.provenance.model)}")
                st.text(other.published_text)


def _draw_history_entry(entry: HistoryEntry, position: int, t: Translator) -> None:
    actor = plain(entry.actor) or t("review.unnamed" if entry.decision_id else "review.the_model")
    sentence = f"{moment(entry.at, t)} · **{t(f'review.state_{entry.state}')}** · {actor}"
    if entry.reason:
        sentence += f" · {plain(entry.reason)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(sentence, width="content")
        if position == 0 and entry.decision_id:
            st.button(
                t("review.undo_this"),
                key="review_undo_this",
                type="tertiary",
                icon=":material/undo:",
                on_click=undo_decision,
                args=(entry.decision_id, t("review.undone")),
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
