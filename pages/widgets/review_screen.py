"""One draft beside its source: findings, the effect of approving it, decisions by mouse and keyboard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline import review
from core.pipeline.review import QueueItem, ReviewQueue
from core.pipeline.review_screen import ReviewScreen, review_screen
from core.records import Finding, ReviewState, Severity
from pages.widgets.display import plain
from pages.widgets.formats import local, moment
from pages.widgets.marked_text import draft_text, legend
from pages.widgets.review_again import draw_again_form, draw_again_progress
from pages.widgets.review_background import draw_background
from pages.widgets.review_decisions import OPEN_FORM, PLACE, decide, draw_undo, is_own, reviewer
from pages.widgets.review_effect import draw_effect
from pages.widgets.review_source import draw_source, draw_source_change, draw_source_form
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, is_connected, session_key

SEVERITY_COLOURS = {Severity.HARD: "red", Severity.SOFT: "orange", Severity.NOTE: "gray"}
STATE_COLOURS = {
    ReviewState.DRAFT: "blue",
    ReviewState.STALE: "orange",
    ReviewState.APPROVED: "green",
    ReviewState.EDITED: "green",
    ReviewState.REJECTED: "gray",
}
REJECTION_REASONS = ("wrong_facts", "invented", "too_general", "bad_language", "other")
_FORMS = (
    ("edit", "edit", "E"),
    ("reject", "close", "X"),
    ("again", "autorenew", "W"),
    ("source", "edit_document", "D"),
)


def draw_screen(catalog_id: str, queue: ReviewQueue, t: Translator) -> None:
    """The draft at the current place of the queue, and everything one can do with it."""
    position = _position(queue, t)
    item = queue.items[position]
    _draw_place(queue, position, t)
    _draw_who_reads_too(item, t)
    screen = review_screen(application(), item.enhancement.enhancement_id)
    draw_again_progress(screen.course, t)
    source, draft = st.columns(2, gap="medium")
    with source.container(border=True, height="stretch", key="review_course"):
        draw_source(screen, t)
    with draft.container(border=True, height="stretch", key="review_draft"):
        _draw_draft(screen, t)
    _draw_decisions(catalog_id, queue, position, t)
    _draw_form(item, screen, queue.seen, t)
    if screen.source_change is not None:
        draw_source_change(screen.source_change, t)
    effect_place = st.container()  # worked out last, so that it keeps nobody from reading
    draw_background(screen, queue.seen, t)
    if item.enhancement.state in review.WAITING:
        with effect_place:
            draw_effect(catalog_id, [item], t)


def _position(queue: ReviewQueue, t: Translator) -> int:
    """Where the reviewer is: at the same text if it is still there, else at its course, else where it was."""
    identity, course_key, position = st.session_state.get(PLACE, ("", "", 0))
    same = [place for place, item in enumerate(queue.items) if item.enhancement.enhancement_id == identity]
    same += [place for place, item in enumerate(queue.items) if item.course.course_key == course_key]
    if identity and not same:
        _draw_who_decided(identity, t)
    if same:
        position = same[0]
    else:
        identities = [item.enhancement.enhancement_id for item in queue.items]
        start = min(position, len(identities) - 1)
        position = application().reading.take_next(session_key(), reviewer(), identities, start, is_connected)
    found = queue.items[position]
    st.session_state[PLACE] = (found.enhancement.enhancement_id, found.course.course_key, position)
    return position


def _draw_who_reads_too(item: QueueItem, t: Translator) -> None:
    identity = item.enhancement.enhancement_id
    by = application().reading.stay(session_key(), reviewer(), identity, is_connected)
    if by is not None:
        st.caption(f":material/group: {t('review.read_by_other', by=plain(by) or t('review.unnamed'))}")


def _draw_who_decided(identity: str, t: Translator) -> None:
    """Say why the text that this session was reading is gone, when somebody else decided about it."""
    newest = next(iter(application().enhancements.history(identity)), None)
    if newest is not None and newest.state not in review.WAITING and not is_own(newest.decision_id):
        course = application().enhancements.get(identity).course_key
        state = t(f"review.state_{newest.state}")
        by = plain(newest.decided_by) or t("review.the_upload" if newest.is_restored else "review.unnamed")
        st.warning(t("review.decided_by_other", course=plain(course), by=by, state=state), icon=":material/group:")


def _draw_place(queue: ReviewQueue, position: int, t: Translator) -> None:
    total = len(queue.items)
    st.progress((position + 1) / total)
    pace = review.review_pace(application(), reviewer())
    sentence = t("review.place", position=position + 1, total=total)
    if pace is not None:
        left = timedelta(seconds=pace * (total - position))
        finish = local(datetime.now(UTC) + left)
        minutes = max(1, round(left.total_seconds() / 60))
        sentence += " · " + t("review.pace", minutes=minutes, seconds=round(pace), finish=f"{finish:%H:%M}")
    st.caption(sentence)


def _draw_draft(screen: ReviewScreen, t: Translator) -> None:
    enhancement = screen.enhancement
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("review.draft"))
        st.badge(t(f"review.state_{enhancement.state}"), color=STATE_COLOURS[enhancement.state])  # type: ignore[arg-type]
    if screen.human_text is not None:
        by, when = plain(screen.human_text.decided_by), moment(screen.human_text.decided_at, t)
        st.info(t("review.human_text", by=by or t("review.unnamed"), when=when), icon=":material/person:")
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


def _draw_decisions(catalog_id: str, queue: ReviewQueue, position: int, t: Translator) -> None:
    """The row of buttons; most of them open their form below it."""
    item = queue.items[position]
    identity = item.enhancement.enhancement_id
    with st.container(horizontal=True, key="review_actions"):
        _draw_approve(item, queue.seen, t)
        for name, icon, shortcut in _FORMS:
            st.button(
                t(f"review.{name}"),
                key=f"review_{name}",
                icon=f":material/{icon}:",
                shortcut=shortcut,
                disabled=not may(Permission.REVIEW),
                help=reason_why_not(Permission.REVIEW),
                on_click=_toggle_form,
                args=(name, identity),
            )
        for name, icon, shortcut, step in (("skip", "skip_next", "S", 1), ("back", "skip_previous", "B", -1)):
            st.button(
                t(f"review.{name}"),
                key=f"review_{name}",
                icon=f":material/{icon}:",
                shortcut=shortcut,
                disabled=name == "back" and position == 0,
                on_click=_go_to,
                args=(queue.items[(position + step) % len(queue.items)], position + step),
            )
        draw_undo(catalog_id, t)


def _draw_approve(item: QueueItem, seen: int, t: Translator) -> None:
    identity, source = item.enhancement.enhancement_id, item.course.content_hash
    approve = partial(review.approve, application(), [identity], by=reviewer(), seen=seen, source=source)
    with st.container(key="review_approve", width="content"):
        st.button(
            t("review.approve"),
            help=reason_why_not(Permission.REVIEW),
            key=f"review_approve_{identity}",
            type="primary",
            icon=":material/check:",
            shortcut="A",
            disabled=item.enhancement.state.is_published or not may(Permission.REVIEW),
            on_click=decide,
            args=(identity, approve, t("review.done_approve", title=plain(item.course.title))),
        )


def _draw_form(item: QueueItem, screen: ReviewScreen, seen: int, t: Translator) -> None:
    """The form that is open for this draft."""
    name, identity = st.session_state.get(OPEN_FORM, ("", ""))
    if identity != item.enhancement.enhancement_id:
        return
    title = plain(item.course.title)
    if name == "edit":
        _draw_edit_form(item, title, seen, t)
    elif name == "reject":
        _draw_reject_form(identity, title, seen, t)
    elif name == "again":
        draw_again_form(screen.course, item.enhancement, t)
    elif name == "source":
        draw_source_form(screen.course, t)


def _toggle_form(name: str, identity: str) -> None:
    """Open a form, or close it when it is open."""
    is_open = st.session_state.get(OPEN_FORM) == (name, identity)
    st.session_state[OPEN_FORM] = ("", "") if is_open else (name, identity)


def _go_to(item: QueueItem, position: int) -> None:
    st.session_state[PLACE] = (item.enhancement.enhancement_id, item.course.course_key, position)


def _draw_edit_form(item: QueueItem, title: str, seen: int, t: Translator) -> None:
    identity, source = item.enhancement.enhancement_id, item.course.content_hash
    key = f"review_text_{identity}"

    def save() -> str:
        words = st.session_state[key]
        return review.edit(application(), identity, words, by=reviewer(), seen=seen, source=source)

    with st.form("review_edit_form"):
        st.text_area(
            t("review.your_text"),
            item.enhancement.published_text,
            height=180,
            key=key,
            help=t("review.your_text_help"),
        )
        st.form_submit_button(
            t("review.save_text"),
            type="primary",
            disabled=not may(Permission.REVIEW),
            help=reason_why_not(Permission.REVIEW),
            key="review_save_text",
            on_click=decide,
            args=(identity, save, t("review.done_edit", title=title)),
        )


def _draw_reject_form(identity: str, title: str, seen: int, t: Translator) -> None:
    reason_key, note_key = f"review_reason_{identity}", f"review_note_{identity}"

    def turn_down() -> str:
        reason = t(f"review.reason_{st.session_state[reason_key]}")
        words = ": ".join(filter(None, (reason, st.session_state[note_key].strip())))
        return review.reject(application(), [identity], by=reviewer(), reason=words, seen=seen)

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
            disabled=not may(Permission.REVIEW),
            help=reason_why_not(Permission.REVIEW),
            key="review_confirm_reject",
            on_click=decide,
            args=(identity, turn_down, t("review.done_reject", title=title)),
        )
