"""Who looked at whose data, when and why. Entries are only added, each sealed with the one before it.

Every entry is in the database and in a journal beside it. A change shows in the chain of seals, a cut at the end of the
database in the journal. Whoever can write both can forge both: the newest seal, noted elsewhere, tells that too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.access.notes import AccessNotes
from core.storage.access_journal import AccessJournal, Values
from core.storage.connection import Database
from core.storage.conversion import from_json, from_stored_time, now, to_json, to_stored_time
from core.storage.queries import records as queries

_FIRST = "0" * 64
_DELETE = "delete"  # the action of whoever deletes students


@dataclass(frozen=True, slots=True)
class Access:
    """One entry of the log."""

    sequence: int  # 1, 2, 3, ...
    recorded_at: datetime
    action: str
    subjects: tuple[str, ...]  # pseudonymous ids or their hashes: whose data
    actor: str
    reason: str
    previous_hash: str
    entry_hash: str  # SHA-256 over everything above

    def values(self) -> Values:
        """For the journal."""
        about = [self.action, list(self.subjects), self.actor, self.reason, self.previous_hash, self.entry_hash]
        return [self.sequence, self.recorded_at.isoformat(), *about]

    @property
    def expected_hash(self) -> str:
        """What `entry_hash` must be if nothing was changed."""
        content = [
            self.sequence,
            self.recorded_at.isoformat(),
            self.action,
            list(self.subjects),
            self.actor,
            self.reason,
            self.previous_hash,
        ]
        return hashlib.sha256(to_json(content).encode()).hexdigest()


Numbers = list[int]
Accesses = list[Access]  # the method `list` hides the type's own name inside the class


class AccessLog:
    """Adds to and reads the log. There is no way to change or remove an entry."""

    def __init__(self, database: Database, journal_path: Path | None = None) -> None:
        self._database = database
        self._journal = AccessJournal(journal_path)
        self._noted: tuple[int, str] | None = None  # number and seal of the journal's newest entry, once it was read

    def take_in(self, notes: AccessNotes) -> None:
        """Add what was noted about people while the log was out of reach, with the moments when it happened."""
        with notes.hand_over() as noted:
            for note in noted:
                subjects = [note.subject] if note.subject else []
                self.record(note.action, subjects, note.actor, note.reason, datetime.fromisoformat(note.at))

    def record(
        self, action: str, subjects: Sequence[str], actor: str, reason: str = "", at: datetime | None = None
    ) -> None:
        """Add one entry, stamped with this moment, or with `at` (aware) for what was noted before."""
        self.add(action, subjects, actor, reason, at)
        self.note()

    def add(
        self, action: str, subjects: Sequence[str], actor: str, reason: str = "", at: datetime | None = None
    ) -> None:
        """As `record`, within the caller's own `write()`; after that, `note` brings the entry into the journal."""
        with self._database.write() as cursor:
            in_database = cursor.execute(queries.LAST_ACCESS).fetchone() or (0, _FIRST)
            row = max(in_database, self._newest_noted())  # numbers that were cut off are not given again
            entry = Access(row[0] + 1, at or now(), action, tuple(subjects), actor, reason, row[1], "")
            values = [
                entry.sequence,
                to_stored_time(entry.recorded_at),
                action,
                to_json(list(subjects)),
                actor,
                reason,
                entry.previous_hash,
                entry.expected_hash,
            ]
            cursor.execute(queries.ADD_ACCESS, values)

    def note(self) -> None:
        """Bring the journal up to the database: by one entry, or more where a kill came between."""
        rows = self._database.fetch(queries.ACCESSES_SINCE, [self._newest_noted()[0]])
        entries = [_access(row) for row in rows]
        self._journal.append([entry.values() for entry in entries])
        self._noted = max([self._newest_noted(), *((entry.sequence, entry.entry_hash) for entry in entries)])

    def list(self, limit: int = 1000) -> Accesses:
        """The newest entries first."""
        return [_access(row) for row in self._database.fetch(queries.LIST_ACCESSES, [limit])]

    def deleted(self) -> Accesses:
        """The entries about deletions of students, oldest first."""
        return [_access(row) for row in self._database.fetch(queries.DELETE_ACCESSES)]

    def first_broken(self) -> int | None:
        """The number of the first entry that was changed, removed or put in afterwards; None when all is sound.

        Entries cut off at the end are found by `missing` only.
        """
        previous, number = _FIRST, 0
        for row in self._database.fetch(queries.ALL_ACCESSES):
            entry, number = _access(row), number + 1
            if (entry.sequence, entry.previous_hash, entry.entry_hash) != (number, previous, entry.expected_hash):
                return number
            previous = entry.entry_hash
        return None

    def missing(self) -> Numbers:
        """The numbers of entries that the journal has and the database lacks, or has otherwise."""
        known = {row[0]: row[7] for row in self._database.fetch(queries.ALL_ACCESSES)}
        return sorted({values[0] for values in self._journal.entries() if known.get(values[0]) != values[7]})

    def lacks_deletions(self) -> bool:
        """Whether the journal knows of deletions of students that the database does not: it is older than they are."""
        known = {entry.sequence for entry in self.deleted()}
        noted = (entry for values in self._journal.entries() if (entry := _noted(values)) is not None)
        return any(entry.action == _DELETE and entry.sequence not in known for entry in noted)

    def put_back(self) -> int:
        """Take entries that the database lacks from the journal, such as those since a backup; returns how many."""
        known = {row[0] for row in self._database.fetch(queries.ALL_ACCESSES)}
        lost = {entry.sequence: entry for values in self._journal.entries() if (entry := _noted(values)) is not None}
        lost = {number: entry for number, entry in lost.items() if number not in known}
        with self._database.write() as cursor:
            for entry in lost.values():
                moment, subjects = to_stored_time(entry.recorded_at), to_json(list(entry.subjects))
                about = [entry.actor, entry.reason, entry.previous_hash, entry.entry_hash]
                cursor.execute(queries.ADD_ACCESS, [entry.sequence, moment, entry.action, subjects, *about])
        return len(lost)

    def _newest_noted(self) -> tuple[int, str]:
        if self._noted is None:
            self._noted = max(((values[0], values[7]) for values in self._journal.entries()), default=(0, _FIRST))
        return self._noted


def _noted(values: Values) -> Access | None:
    """The entry of a line; None when its seal does not fit, or when it is no line of ours."""
    sequence, recorded_at, action, subjects, actor, reason, previous_hash, entry_hash = values
    try:
        moment = datetime.fromisoformat(recorded_at)
        entry = Access(sequence, moment, action, tuple(subjects), actor, reason, previous_hash, entry_hash)
        return entry if entry.expected_hash == entry_hash else None
    except (TypeError, ValueError):
        return None


def _access(row: tuple[Any, ...]) -> Access:
    sequence, recorded_at, action, subjects, actor, reason, previous_hash, entry_hash = row
    moment = from_stored_time(recorded_at)
    return Access(sequence, moment, action, tuple(from_json(subjects)), actor, reason, previous_hash, entry_hash)
