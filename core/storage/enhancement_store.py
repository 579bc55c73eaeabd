"""Generated descriptions, what people decided about them, and the log of those decisions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.errors import StorageError
from core.records import Enhancement, Finding, FinishReason, Provenance, ReviewState, Severity
from core.storage import decisions
from core.storage.connection import Database
from core.storage.conversion import (
    from_json,
    from_optional_time,
    from_stored_time,
    insert_columns,
    now,
    to_json,
    to_stored_time,
)
from core.storage.decisions import Decision, DecisionGroup, Undone
from core.storage.queries import decisions as decision_queries
from core.storage.queries import enhancements as queries


class EnhancementStore:
    """Reads and writes enhancements. Their text is never changed; decisions are added, never rewritten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, enhancements: Sequence[Enhancement], cache_keys: Mapping[str, str] | None = None) -> None:
        """Add enhancements; those whose id is stored already stay as they are.

        Drafts of a course that changed while they were being written are stale from the start.
        `cache_keys` (enhancement id -> key) lets `find_cached` give a text again. Inside a `write()` of the same
        thread it is part of that transaction.
        """
        if not enhancements:
            return
        columns = _columns(enhancements)
        columns["cache_key"] = [(cache_keys or {}).get(item.enhancement_id, "") for item in enhancements]
        with self._database.write() as cursor:
            insert_columns(cursor, queries.ADD, columns)
            decisions.mark_outdated(cursor, columns["enhancement_id"])

    def put_back(self, enhancements: Sequence[Enhancement]) -> None:
        """Make text and origin of stored enhancements what the journal says they were; decisions stay."""
        names = ("enhancement_id", "catalog_id", "course_key", "job_id", "text", "source_hash")
        columns = {name: [getattr(item, name) for item in enhancements] for name in names}
        with self._database.write() as cursor:
            insert_columns(cursor, queries.SET_ORIGINALS, columns)

    def get(self, enhancement_id: str) -> Enhancement:
        """One enhancement. Raises StorageError when there is none."""
        row = self._database.fetch_one(queries.GET, [enhancement_id])
        if row is None:
            raise StorageError("storage.no_enhancement", enhancement_id=enhancement_id)
        return _enhancement(row)

    def of_job(self, job_id: str) -> list[Enhancement]:
        """What a job wrote, oldest first."""
        return [_enhancement(row) for row in self._database.fetch(queries.OF_JOB, [job_id])]

    def newest_of_job(self, job_id: str, limit: int) -> list[Enhancement]:
        """The last texts that a job wrote, newest first."""
        return [_enhancement(row) for row in self._database.fetch(queries.NEWEST_OF_JOB, [job_id, limit])]

    def of_catalog(
        self, catalog_id: str, states: Collection[ReviewState] | None = None, limit: int | None = None, offset: int = 0
    ) -> list[Enhancement]:
        """A catalog's enhancements, oldest first; only those in `states` when given."""
        wanted = None if states is None else [state.value for state in states]
        parameters = {"catalog_id": catalog_id, "states": wanted, "limit": limit, "offset": offset}
        with self._database.read() as cursor:
            return [_enhancement(row) for row in cursor.execute(queries.OF_CATALOG, parameters).fetchall()]

    def for_course(self, catalog_id: str, key: str) -> list[Enhancement]:
        """Every enhancement of one course, newest first."""
        return [_enhancement(row) for row in self._database.fetch(queries.OF_COURSE, [catalog_id, key])]

    def latest(self, catalog_id: str) -> dict[str, Enhancement]:
        """The newest enhancement of each course that is not rejected, by course key."""
        return self._by_course(queries.LATEST, catalog_id)

    def published(self, catalog_id: str) -> dict[str, Enhancement]:
        """The approved or edited enhancement of each course (the last decided one), by course key."""
        return self._by_course(queries.PUBLISHED, catalog_id)

    def listed_states(self, catalog_id: str) -> list[tuple[str, ReviewState]]:
        """Course key and state of what there is to review: `latest`, and every rejected text.

        Only of courses that the catalog still has.
        """
        return [(key, ReviewState(state)) for key, state in self._database.fetch(queries.LISTED_STATES, [catalog_id])]

    def find_cached(self, cache_keys: Sequence[str]) -> dict[str, Enhancement]:
        """For each key that has one, the newest enhancement that is not rejected."""
        rows = self._database.fetch(queries.FIND_CACHED, [list(cache_keys)])
        return {row[-1]: _enhancement(row[:-1]) for row in rows}

    def decide(
        self,
        ids: Sequence[str],
        state: ReviewState,
        by: str,
        reason: str = "",
        edited_text: str | None = None,
        seen: int | None = None,
        source: str | None = None,
    ) -> str:
        """Judge enhancements, all in one transaction. Returns the decision's id, which `undo` takes.

        `edited_text` belongs to `ReviewState.EDITED` and only to it. Approving a text that a person has edited before
        keeps that wording: it becomes EDITED.
        `seen` is what `newest_decision` gave when the person looked at the texts: raises StorageError when something
        was decided about one of their courses since, and when an id is unknown or the text is missing. `source` is the
        content hash of their course at that time: raises StorageError when the course says something else now.
        """
        if (state is ReviewState.EDITED) != (edited_text is not None):
            raise StorageError("storage.edited_text_mismatch")
        with self._database.write() as cursor:
            if seen is not None:
                decisions.refuse_overtaken(cursor, ids, seen)
            if source is not None:
                decisions.refuse_changed_source(cursor, ids, source)
            moment = now()
            change = {
                "state": state.value,
                "edited_text": edited_text,
                "decided_at": to_stored_time(moment),
                "decided_by": by,
                "reason": reason,
            }
            changes = dict.fromkeys(ids, change)
            if state is ReviewState.APPROVED:
                for key, text in decisions.edited_texts(cursor, ids).items():
                    changes[key] = {**change, "state": ReviewState.EDITED.value, "edited_text": text}
            return decisions.judge(cursor, changes, by, reason, moment)

    def undo(self, decision_id: str, by: str = "", only: str | None = None) -> Undone:
        """Put back what was before a decision (`only`: about this enhancement), as a new decision.

        Texts that something newer was decided about keep it. Raises StorageError when there is no such decision or
        nothing of it still stands.
        """
        with self._database.write() as cursor:
            return decisions.take_back(cursor, decision_id, by, only)

    def history(self, enhancement_id: str) -> list[Decision]:
        """The decisions about one enhancement, newest first."""
        return [
            decisions.read_decision(row) for row in self._database.fetch(decision_queries.HISTORY, [enhancement_id])
        ]

    def recent_decisions(self, catalog_id: str, limit: int) -> list[DecisionGroup]:
        """What people decided last about a catalog's texts, newest first; undoing is a decision too."""
        return [decisions.read_group(row) for row in self._database.fetch(decision_queries.RECENT, [catalog_id, limit])]

    def newest_decision(self) -> int:
        """The number of the newest decision of all, 0 before the first: what somebody who looks now has seen."""
        with self._database.read() as cursor:
            return decisions.newest_decision(cursor)

    def decision_moments(self, by: str, limit: int) -> list[datetime]:
        """When this person decided, newest first; what was decided at once counts once."""
        return [from_stored_time(row[0]) for row in self._database.fetch(decision_queries.MOMENTS, [by, limit])]

    def histories(self, catalog_id: str) -> dict[str, list[Decision]]:
        """The decisions about each text of a catalog, oldest first, by enhancement id."""
        found: dict[str, list[Decision]] = {}
        for row in self._database.fetch(decision_queries.HISTORIES, [catalog_id]):
            decision = decisions.read_decision(row)
            found.setdefault(decision.enhancement_id, []).append(decision)
        return found

    def _by_course(self, query: str, catalog_id: str) -> dict[str, Enhancement]:
        found = [_enhancement(row) for row in self._database.fetch(query, [catalog_id])]
        return {enhancement.course_key: enhancement for enhancement in found}


def _columns(enhancements: Sequence[Enhancement]) -> dict[str, list[Any]]:
    plain = (name.strip() for name in queries.COLUMNS.split(","))
    columns: dict[str, list[Any]] = {name: [getattr(item, name) for item in enhancements] for name in plain}
    columns["provenance"] = [to_json(_fields(item.provenance)) for item in enhancements]
    columns["findings"] = [to_json([_fields(finding) for finding in item.findings]) for item in enhancements]
    columns["finish_reason"] = [item.finish_reason.value for item in enhancements]
    columns["state"] = [item.state.value for item in enhancements]
    columns["created_at"] = [to_stored_time(item.created_at) for item in enhancements]
    columns["decided_at"] = [to_stored_time(item.decided_at) for item in enhancements]
    return columns


def _fields(record: Provenance | Finding) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _enhancement(row: tuple[Any, ...]) -> Enhancement:
    values = dict(zip((name.strip() for name in queries.COLUMNS.split(",")), row, strict=True))
    findings = [Finding(**{**each, "severity": Severity(each["severity"])}) for each in from_json(values["findings"])]
    return Enhancement(
        **{
            **values,
            "provenance": Provenance(**from_json(values["provenance"])),
            "finish_reason": FinishReason(values["finish_reason"]),
            "created_at": from_stored_time(values["created_at"]),
            "state": ReviewState(values["state"]),
            "findings": tuple(findings),
            "decided_at": from_optional_time(values["decided_at"]),
        }
    )
