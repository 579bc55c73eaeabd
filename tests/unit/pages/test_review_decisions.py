"""What becomes of a decision when clicks come quicker than the page is drawn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import StorageError
from pages.widgets import review_decisions
from pages.widgets.review_decisions import decide, is_own


class RunEndedError(BaseException):
    """As Streamlit ends a run at a look at the session's state, when a click has come meanwhile."""


class State(dict[str, Any]):
    """A session's state."""

    has_click = False

    def _look(self) -> None:
        if self.has_click:
            raise RunEndedError

    def __getitem__(self, key: str) -> Any:
        self._look()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._look()
        super().__setitem__(key, value)

    def setdefault(self, key: str, default: Any = None) -> Any:
        self._look()
        return super().setdefault(key, default)

    def pop(self, key: str, default: Any = None) -> Any:
        self._look()
        return super().pop(key, default)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> State:
    """Of a session; the newest decision about every text is "newest"."""
    made = State()
    monkeypatch.setattr("streamlit.session_state", made)
    history = [SimpleNamespace(decision_id="newest")]
    texts = SimpleNamespace(history=lambda identity: history, get=lambda identity: SimpleNamespace(catalog_id="c"))
    opened = SimpleNamespace(enhancements=texts)
    monkeypatch.setattr(review_decisions, "application", lambda: opened)
    return made


def refuse() -> str:
    raise StorageError("storage.decided_meanwhile", course="C1", by="kim", state="approved")


def test_a_decision_can_be_taken_back_although_a_click_came_while_it_was_made(state: State) -> None:
    def approve() -> str:
        state.has_click = True
        return "d1"

    with pytest.raises(RunEndedError):
        decide("text", approve, "Approved: Optics")
    state.has_click = False
    assert is_own("d1")


def test_the_second_of_two_clicks_is_no_conflict(state: State) -> None:
    decide("text", lambda: "newest", "Approved: Optics")
    decide("text", refuse, "Approved: Optics")
    assert "review_failure" not in state
    assert state["review_outcome"] == "Approved: Optics"


def test_what_somebody_else_decided_meanwhile_is_one(state: State) -> None:
    decide("text", lambda: "earlier", "Approved: Optics")
    decide("text", refuse, "Approved: Optics")
    assert isinstance(state["review_failure"], StorageError)
