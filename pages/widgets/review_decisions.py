"""What a person decides about drafts, and taking it back: this session's decisions by a key, anybody's from a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.access.actor import author
from core.access.roles import Permission
from core.errors import CourseLiftError, StorageError
from core.i18n import Translator
from core.pipeline import review
from core.pipeline.settings import read_settings
from core.storage.decisions import DecisionGroup
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, show_error

_DECISIONS = "review_decisions"
OPEN_FORM = "review_open_form"  # (name of the form, enhancement id)
PLACE = "review_place"  # (enhancement id, course key, position): others decide too, so positions move
_OUTCOME, _FAILURE = "review_outcome", "review_failure"


@dataclass(frozen=True, slots=True)
class _Decision:
    decision_id: str
    sentence: str
    catalog_id: str


def reviewer() -> str:
    """The name that decisions carry."""
    return author(read_settings(application()).actor)


def decide(identity: str, action: Callable[[], str], sentence: str) -> None:
    """Carry out a decision about a text and remember it for undoing; a double click decides once.

    For callbacks: the page is then drawn with the next draft. A button names its text in its key, or the second click
    would be one on the next draft, which is there already although nobody sees it yet.
    """

    def carry_out() -> str:
        remember = remembering(application().enhancements.get(identity).catalog_id)
        try:
            remember(action(), sentence)
        except StorageError as error:
            newest = next(iter(application().enhancements.history(identity)), None)
            if error.message.key != "storage.decided_meanwhile" or newest is None or not is_own(newest.decision_id):
                raise
        return sentence

    act(carry_out)


def remembering(catalog_id: str) -> Callable[[str, str], None]:
    """What keeps a decision of this session about a catalog, with its sentence, for undoing.

    To be asked for before deciding: every look at the session's state may end this run, for example by a click.
    """
    decisions: list[_Decision] = st.session_state.setdefault(_DECISIONS, [])
    return lambda decision_id, sentence: decisions.append(_Decision(decision_id, sentence, catalog_id))


def is_own(decision_id: str) -> bool:
    """Whether this session made a decision."""
    return any(decision.decision_id == decision_id for decision in st.session_state.get(_DECISIONS, []))


def act(action: Callable[[], str]) -> None:
    """Do something that a form asked for, close the form and say the sentence that the action gives. For callbacks."""
    try:
        sentence = action()
    except Exception as error:  # a callback runs outside the page's guard; `show_outcome` runs inside
        st.session_state[_FAILURE] = error
        return
    st.session_state.pop(OPEN_FORM, None)
    announce(sentence)


def announce(sentence: str) -> None:
    """Say a sentence when the page is drawn next."""
    st.session_state[_OUTCOME] = sentence


def show_outcome() -> None:
    """Say what the last click did, or why it could not."""
    failure = st.session_state.pop(_FAILURE, None)
    if isinstance(failure, CourseLiftError):
        show_error(failure)
    elif failure is not None:
        raise failure
    sentence = st.session_state.pop(_OUTCOME, None)
    if sentence:
        st.toast(sentence, icon=":material/check:")


def draw_undo(catalog_id: str, t: Translator) -> None:
    """A button that takes back this session's newest decision about the catalog, and the list of everybody's."""
    decisions: list[_Decision] = st.session_state.get(_DECISIONS, [])
    last = next((decision for decision in reversed(decisions) if decision.catalog_id == catalog_id), None)
    decision_id = last.decision_id if last else ""
    with st.container(key="review_undo", width="content"):
        st.button(
            t("review.undo"),
            key=f"review_undo_{decision_id}",
            icon=":material/undo:",
            disabled=(last is None) or not may(Permission.REVIEW),
            help=reason_why_not(Permission.REVIEW) or (last.sentence if last else t("review.undo_help")),
            shortcut="U",
            on_click=_undo_own,
            args=(decision_id, t),
        )
    with st.popover(t("review.recent"), icon=":material/history:", type="tertiary", key="review_recent"):
        _draw_recent(review.recent_decisions(application(), catalog_id), t)


def _draw_recent(groups: Sequence[DecisionGroup], t: Translator) -> None:
    if not groups:
        st.caption(t("review.recent_none"))
    for group in groups:
        what = t(f"review.did_{group.state}", count=group.texts)
        subject = f" · {plain(group.course_key)}" if group.texts == 1 else ""
        by = plain(group.decided_by) or t("review.unnamed")
        overtaken = group.texts - group.standing
        with st.container(horizontal=True, vertical_alignment="center", width=520):
            st.markdown(f"{moment(group.decided_at, t)} · **{by}** · {what}{subject}", width="stretch")
            st.button(
                t("review.undo"),
                key=f"review_recent_{group.decision_id}",
                type="tertiary",
                icon=":material/undo:",
                disabled=(not group.standing) or not may(Permission.REVIEW),
                help=reason_why_not(Permission.REVIEW)
                or (t("review.overtaken", count=overtaken) if overtaken else None),
                on_click=undo_decision,
                args=(group.decision_id, t),
            )


def _undo_own(decision_id: str, t: Translator) -> None:
    """Take back a decision of this session; a double click does it once."""
    if is_own(decision_id):
        undo_decision(decision_id, t)


def undo_decision(decision_id: str, t: Translator, only: str | None = None) -> None:
    """Take back any decision, or with `only` this one text of it, and go to the text. For callbacks."""

    decisions: list[_Decision] = st.session_state.get(_DECISIONS, [])

    def take_back() -> str:
        try:
            done = review.undo(application(), decision_id, by=reviewer(), only=only)
        finally:
            decisions[:] = [decision for decision in decisions if decision.decision_id != decision_id]
        st.session_state[PLACE] = (done.first, "", 0)
        kept = " " + t("review.undone_kept", count=done.kept) if done.kept else ""
        return t("review.undone", count=done.texts) + kept

    act(take_back)
