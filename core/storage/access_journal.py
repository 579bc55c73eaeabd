"""The access log once more, in a file beside the database: entries cut off at the database's end show against it.

One line an entry, as JSON. Lines are only ever appended, each on the disk before the next thing happens.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.storage.conversion import from_json, to_json

Values = list[Any]  # of one entry: sequence, time (ISO 8601), action, subjects, actor, reason, previous hash, own hash


class AccessJournal:
    """Appends and reads lines. `path` None keeps nothing, for databases in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def append(self, entries: Sequence[Values]) -> None:
        """Add lines that only this account can read, and wait until they are on the disk."""
        if self._path is None or not entries:
            return
        text = "".join(f"{to_json(values)}\n" for values in entries)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if self._ends_torn():
                text = f"\n{text}"  # what a kill left half written stays a line of its own
            os.write(descriptor, text.encode("utf-8", "surrogatepass"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def entries(self) -> Iterator[Values]:
        """All lines that are whole, in their order."""
        if self._path is None or not self._path.exists():
            return
        with self._path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    values = from_json(line)
                except ValueError:  # torn by a kill
                    continue
                if isinstance(values, list) and len(values) == 8 and isinstance(values[0], int):
                    yield values

    def _ends_torn(self) -> bool:
        if self._path is None or not self._path.stat().st_size:
            return False
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
