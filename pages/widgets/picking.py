"""Rows that people pick in a table stay picked by what they are, not by where they stand.

Streamlit keeps the picked positions of a table with a key when its rows change, so that after a run has written a
draft, or a colleague has decided one, position 14 would be another row than the one that was picked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A table as it was drawn last."""

    key: str
    ids: tuple[str, ...]
    picked: frozenset[str]  # when it was drawn first; also of rows that other tables of the name showed


class PickedRows:
    """The picked rows of one table, to be drawn with `key` and `default`."""

    def __init__(self, ids: Sequence[str], *, key: str) -> None:
        """`ids`: what tells the rows apart, in their order. `key`: the table's name in the session."""
        self._name, self._ids = f"{key}_drawn", tuple(ids)
        self.key = table_key(key, ids)
        drawn: _Drawn | None = st.session_state.get(self._name)
        if drawn is None or drawn.key != self.key:
            drawn = _Drawn(self.key, self._ids, frozenset() if drawn is None else _picked_now(drawn))
            st.session_state[self._name] = drawn
        self.default: Any = {"selection": {"rows": [row for row, each in enumerate(ids) if each in drawn.picked]}}

    def take(self, answer: Any) -> list[str]:
        """The ids of what is picked, by what `st.dataframe` gave back."""
        return [self._ids[row] for row in answer["selection"]["rows"]]


def table_key(key: str, ids: Sequence[str]) -> str:
    """A key for a table that shows these rows in this order: with others it is another table, with nothing picked."""
    return f"{key}_{hashlib.sha256(repr(tuple(ids)).encode()).hexdigest()[:12]}"


def _picked_now(drawn: _Drawn) -> frozenset[str]:
    """What is picked in the table drawn last, and in those before it of rows that it does not show."""
    answer = st.session_state.get(drawn.key)
    if answer is None:
        return drawn.picked
    return drawn.picked.difference(drawn.ids) | {drawn.ids[row] for row in answer["selection"]["rows"]}
