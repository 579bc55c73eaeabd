"""The log of what people decided about enhancements: one row a text and decision, added and never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from core.errors import StorageError
from core.records import Message, ReviewState
from core.storage.conversion import from_json, from_stored_time, insert_columns, new_id, now, to_json, to_stored_time
from core.storage.queries import decisions as queries

_JUDGEMENT = ("state", "edited_text", "decided_at", "decided_by", "reason")  # the columns that decisions change
_LOGGED = (*_JUDGEMENT, "source")  # and the content hash that the course had then


@dataclass(frozen=True, slots=True)
class Decision:
    """One judgement of one enhancement; several made at once share the decision id."""

    decision_id: str
    enhancement_id: str
    state: ReviewState
    previous_state: ReviewState
    edited_text: str | None
    decided_at: datetime
    decided_by: str  # '' when nobody gave a name, or the program did it (STALE)
    reason: str
    texts: int  # how many texts were decided about at once
    is_restored: bool  # by the program: its course said again what the text was written from


@dataclass(frozen=True, slots=True)
class DecisionGroup:
    """Everything that was decided at once."""

    decision_id: str
    state: ReviewState  # of its first text that did not become stale
    decided_at: datetime
    decided_by: str
    reason: str
    texts: int
    standing: int  # texts that nothing newer was decided about: these an undo puts back
    course_key: str  # of its first text


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did."""

    decision_id: str  # of the undo itself: it can be undone too
    texts: int  # put back
    kept: int  # left alone, because something newer was decided about them
    first: str  # enhancement id of the first text that was put back


def judge(
    cursor: duckdb.DuckDBPyConnection,
    changes: Mapping[str, Mapping[str, Any]],
    by: str,
    reason: str,
    moment: datetime | None = None,
) -> str:
    """Within a transaction: set what each change (by enhancement id) names and log it as one decision.

    `moment` is when it was decided, this one when left out: a change that sets `decided_at` is logged with the same.
    Returns the decision's id. Raises StorageError when an id is unknown.
    """
    found = cursor.execute(queries.CHOSEN, [list(changes)]).fetchall()
    before = {row[0]: dict(zip(_LOGGED, row[1:], strict=True)) for row in found}
    if missing := set(changes) - set(before):
        raise StorageError("storage.no_enhancement", enhancement_id=min(missing))
    after = [{**before[key], **change} for key, change in changes.items()]
    columns: dict[str, list[Any]] = {name: [row[name] for row in after] for name in _JUDGEMENT}
    columns["enhancement_id"] = list(changes)
    insert_columns(cursor, queries.SET_STATES, columns)
    decision_id = new_id()
    first = newest_decision(cursor) + 1
    columns |= {
        "sequence": list(range(first, first + len(changes))),
        "decision_id": [decision_id] * len(changes),
        "decided_at": [to_stored_time(moment or now())] * len(changes),
        "decided_by": [by] * len(changes),
        "reason": [reason] * len(changes),
        "previous": [to_json(before[key]) for key in changes],
    }
    insert_columns(cursor, queries.ADD_DECISIONS, columns)
    return decision_id


def edited_texts(cursor: duckdb.DuckDBPyConnection, ids: Collection[str]) -> dict[str, str]:
    """The wording that a person gave, by enhancement id, of those that have one."""
    return {row[0]: row[2] for row in cursor.execute(queries.CHOSEN, [list(ids)]).fetchall() if row[2] is not None}


def follow_sources(
    cursor: duckdb.DuckDBPyConnection, catalog_id: str, course_keys: Sequence[str], by: str = ""
) -> None:
    """Within a transaction: these courses changed; their texts that were written from something else are stale.

    Stale ones that were written from what a course says now stand again as they did before. Edited texts are kept,
    rejected ones left alone. `by` is who changed the source, '' for an upload.
    """
    rows = cursor.execute(queries.FOLLOWING_COURSES, [catalog_id, list(course_keys)]).fetchall()
    _make_stale(cursor, [key for key, state in rows if state == ReviewState.STALE.value], by)
    if restored := {key: {"state": state} for key, state in rows if state != ReviewState.STALE.value}:
        judge(cursor, restored, by="", reason="")


def mark_outdated(cursor: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> None:
    """Within a transaction: drafts among these whose course changed while they were being written are stale."""
    _make_stale(cursor, [key for key, state in _outdated(cursor, ids).items() if state == ReviewState.DRAFT.value])


def refuse_overtaken(cursor: duckdb.DuckDBPyConnection, ids: Collection[str], seen: int) -> None:
    """Raises StorageError naming who decided about a course of these texts after decision number `seen`, and what."""
    row = cursor.execute(queries.DECIDED_SINCE, [list(ids), seen]).fetchone()
    if row is not None:
        state, by, course = row
        somebody: str | Message = by or Message("storage.somebody")
        state_name = Message(f"storage.decided_{state}")
        raise StorageError("storage.decided_meanwhile", course=course, by=somebody, state=state_name)


def refuse_changed_source(cursor: duckdb.DuckDBPyConnection, ids: Collection[str], source: str) -> None:
    """Raises StorageError when the course of these texts has another content hash than `source`.

    Of texts that are stale or rejected already, nothing is decided when their course changes again.
    """
    row = cursor.execute(queries.SOURCE_CHANGED, [list(ids), source]).fetchone()
    if row is not None:
        raise StorageError("storage.source_changed_meanwhile", course=row[0])


def take_back(cursor: duckdb.DuckDBPyConnection, decision_id: str, by: str, only: str | None = None) -> Undone:
    """Within a transaction: put back what was before a decision (`only`: about this one text), as a new decision.

    Texts that something newer was decided about keep it; those whose source changed since are stale instead.
    Raises StorageError when there is no such decision, or nothing of it still stands.
    """
    rows = cursor.execute(queries.DECISION, [decision_id]).fetchall()
    wanted = [row for row in rows if only in (None, row[0])]
    if not wanted:
        raise StorageError("storage.no_decision", decision_id=decision_id)
    standing = {key: _previous(text, *sources) for key, text, stands, *sources in wanted if stands}
    if not standing:
        raise StorageError("storage.decision_overtaken")
    undo_id = judge(cursor, standing, by, reason="")
    return Undone(undo_id, len(standing), len(wanted) - len(standing), next(iter(standing)))


def newest_decision(cursor: duckdb.DuckDBPyConnection) -> int:
    """The number of the newest decision; 0 before the first one."""
    return int(cursor.execute(queries.NEWEST).fetchall()[0][0])


def read_decision(row: tuple[Any, ...]) -> Decision:
    """A row of `queries.HISTORY`."""
    decision_id, enhancement_id, state, previous, edited_text, decided_at, by, reason, texts, is_restored = row
    moment = from_stored_time(decided_at)
    states = ReviewState(state), ReviewState(previous)
    return Decision(decision_id, enhancement_id, *states, edited_text, moment, by, reason, int(texts), is_restored)


def read_group(row: tuple[Any, ...]) -> DecisionGroup:
    """A row of `queries.RECENT`."""
    decision_id, state, decided_at, by, reason, texts, standing, course_key = row
    moment = from_stored_time(decided_at)
    return DecisionGroup(decision_id, ReviewState(state), moment, by, reason, int(texts), int(standing), course_key)


def _make_stale(cursor: duckdb.DuckDBPyConnection, ids: Sequence[str], by: str = "") -> None:
    if ids:
        judge(cursor, {key: {"state": ReviewState.STALE.value} for key in ids}, by, reason="")


def _outdated(cursor: duckdb.DuckDBPyConnection, ids: Collection[str]) -> dict[str, str]:
    """Those of these texts whose course says something else than what they were written from, with their state."""
    return dict(cursor.execute(queries.OUTDATED, [list(ids)]).fetchall())


def _previous(text: str, written_from: str, now: str | None) -> dict[str, Any]:
    """A judgement as `judge` logged it; with the state that it has for a course whose content hash is `now`."""
    values: dict[str, Any] = from_json(text)
    moment, then = values["decided_at"], values.pop("source", None)
    values["decided_at"] = None if moment is None else datetime.fromisoformat(moment)
    if values["state"] == ReviewState.STALE.value and now == written_from:
        values["state"] = _state_before(values).value
    elif values["state"] != ReviewState.REJECTED.value and now not in (written_from, then, None):
        values["state"] = ReviewState.STALE.value
    return values


def _state_before(stale: Mapping[str, Any]) -> ReviewState:
    """What a stale text was: it keeps the judgement that stood before, all but its state."""
    if stale["decided_at"] is None:
        return ReviewState.DRAFT
    return ReviewState.APPROVED if stale["edited_text"] is None else ReviewState.EDITED
