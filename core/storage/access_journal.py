"""The access log once more, in a file beside the database: entries cut off at the database's end show against it.

One line an entry, as JSON. Lines are only ever appended, each on the disk before the next thing happens.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.appending import append_lines
from core.storage.conversion import from_json, to_json
from core.storage.failures import writing_failure

Values = list[Any]  # of one entry: sequence, time (ISO 8601), action, subjects, actor, reason, previous hash, own hash


class AccessJournal:
    """Appends and reads lines. `path` None keeps nothing, for databases in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def append(self, entries: Sequence[Values]) -> None:
        """Add lines that only this account can read, all or none, and wait until they are on the disk.

        Raises StorageError when they cannot be written.
        """
        if self._path is None or not entries:
            return
        text = "".join(f"{to_json(values)}\n" for values in entries)
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                append_lines(descriptor, text.encode("utf-8", "surrogatepass"))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise writing_failure(error, self._path.parent) from error

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
