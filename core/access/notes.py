"""What happens to the people who may sign in, kept until the access log takes it in.

The log is in the database, which the dashboard holds: `core users` runs beside it, and people sign in before it is
opened. So each such step is a line of a small file first, on the disk before the step counts as done.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.appending import append_lines
from core.errors import AccessError


@dataclass(frozen=True, slots=True)
class Note:
    """One step."""

    at: str  # ISO 8601, with a zone
    action: str
    subject: str  # whom it is about; "" for a name that nobody has: people type passwords there
    actor: str
    reason: str


class AccessNotes:
    """Adds lines and hands them over. Threads and processes may share the file; only this account can read it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, action: str, subject: str, actor: str = "", reason: str = "") -> None:
        """Note one step. Raises AccessError when it cannot be written: then it may not be done."""
        note = Note(datetime.now(UTC).isoformat(), action, subject, actor, reason)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._locked(os.O_CREAT | os.O_RDWR | os.O_APPEND) as descriptor:
                append_lines(descriptor, f"{json.dumps(astuple(note))}\n".encode())
        except OSError as error:
            raise AccessError("access.not_written", folder=str(self._path.parent)) from error

    @contextmanager
    def hand_over(self) -> Iterator[list[Note]]:
        """All notes; they are gone from the file when the block ends well."""
        if not self._path.exists():
            yield []
            return
        with self._locked(os.O_RDWR) as descriptor:
            content = os.read(descriptor, os.fstat(descriptor).st_size)
            yield [note for line in content.splitlines() if (note := _read(line)) is not None]
            os.ftruncate(descriptor, 0)

    @contextmanager
    def _locked(self, flags: int) -> Iterator[int]:
        descriptor = os.open(self._path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


def _read(line: bytes) -> Note | None:
    """The note of a line; None when a kill or a full disk tore it."""
    try:
        note = Note(*json.loads(line))
        datetime.fromisoformat(note.at)
    except (ValueError, TypeError):
        return None
    return note
