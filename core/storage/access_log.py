"""Who looked at whose data, when and why. Entries are only added, each sealed with the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.storage.connection import Database
from core.storage.conversion import from_json, from_stored_time, now, to_json, to_stored_time
from core.storage.queries import records as queries

_FIRST = "0" * 64


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


Accesses = list[Access]  # the method `list` hides the type's own name inside the class


class AccessLog:
    """Adds to and reads the log. There is no way to change or remove an entry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, action: str, subjects: Sequence[str], actor: str, reason: str = "") -> None:
        """Add one entry, stamped with this moment."""
        with self._database.write() as cursor:
            row = cursor.execute(queries.LAST_ACCESS).fetchone() or (0, _FIRST)
            entry = Access(row[0] + 1, now(), action, tuple(subjects), actor, reason, row[1], "")
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

    def list(self, limit: int = 1000) -> Accesses:
        """The newest entries first."""
        return [_access(row) for row in self._database.fetch(queries.LIST_ACCESSES, [limit])]

    def first_broken(self) -> int | None:
        """The number of the first entry that was changed, removed or put in afterwards; None when all is sound.

        Entries cut off at the end cannot be noticed from the log alone.
        """
        previous, number = _FIRST, 0
        for row in self._database.fetch(queries.ALL_ACCESSES):
            entry, number = _access(row), number + 1
            if (entry.sequence, entry.previous_hash, entry.entry_hash) != (number, previous, entry.expected_hash):
                return number
            previous = entry.entry_hash
        return None


def _access(row: tuple[Any, ...]) -> Access:
    sequence, recorded_at, action, subjects, actor, reason, previous_hash, entry_hash = row
    moment = from_stored_time(recorded_at)
    return Access(sequence, moment, action, tuple(from_json(subjects)), actor, reason, previous_hash, entry_hash)
