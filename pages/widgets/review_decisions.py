"""What a person decides about drafts, and taking it back: the session remembers its own decisions, newest last."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import streamlit as st

from core.errors import CourseLiftError
from core.i18n import Translator
from core.pipeline import review
from core.pipeline.settings import read_settings
from pages.widgets.session import application, show_error

_DECISIONS, _MOMENTS = "review_decisions", "review_moments"
OPEN_FORM = "review_open_form"  # ("edit" or "reject", enhancement id)
_OUTCOME, _FAILURE = "review_outcome", "review_failure"
_LONGEST_THOUGHT_SECONDS = 300  # a longer gap between two decisions is a break, not work
_KEPT_MOMENTS = 20


@dataclass(frozen=True, slots=True)
class _Decision:
    decision_id: str
    sentence: str


def reviewer() -> str:
    """The name that decisions carry."""
    return read_settings(application()).actor


def decide(action: Callable[[], str | None], sentence: str) -> None:
    """Carry out a decision and remember it for undoing. For callbacks: the page is then drawn with the next draft."""
    try:
        decision_id = action()
    except Exception as error:  # a callback runs outside the page's guard; `show_outcome` runs inside
        st.session_state[_FAILURE] = error
        return
    st.session_state.pop(OPEN_FORM, None)
    if decision_id:
        st.session_state.setdefault(_DECISIONS, []).append(_Decision(decision_id, sentence))
        st.session_state[_MOMENTS] = [*_moments(), time.monotonic()][-_KEPT_MOMENTS:]
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


def draw_undo(t: Translator) -> None:
    """A button that takes back this session's newest decision."""
    decisions: list[_Decision] = st.session_state.get(_DECISIONS, [])
    last = decisions[-1] if decisions else None
    st.button(
        t("review.undo"),
        key="review_undo",
        icon=":material/undo:",
        disabled=last is None,
        help=last.sentence if last else t("review.undo_help"),
        shortcut="U",
        on_click=undo_decision,
        args=(last.decision_id if last else "", t("review.undone")),
    )


def undo_decision(decision_id: str, sentence: str) -> None:
    """Take back any decision. For callbacks."""
    decide(lambda: review.undo(application(), decision_id, by=reviewer()), sentence)
    decisions: Sequence[_Decision] = st.session_state.get(_DECISIONS, [])
    st.session_state[_DECISIONS] = [decision for decision in decisions if decision.decision_id != decision_id]


def seconds_a_decision() -> float | None:
    """This session's median time between two decisions; None until there is one."""
    moments = _moments()
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    gaps = [gap for gap in gaps if gap <= _LONGEST_THOUGHT_SECONDS]
    return median(gaps) if gaps else None


def _moments() -> list[float]:
    moments: list[float] = st.session_state.get(_MOMENTS, [])
    return moments
