"""Reads an uploaded file of any supported form into a Table. Runs in a child process: see isolation."""

from __future__ import annotations

from core.catalog.tables import ReadLimits, Table

DEFAULT_LIMITS = ReadLimits()


def read_table(content: bytes, file_name: str, limits: ReadLimits = DEFAULT_LIMITS) -> Table:
    """The table in a file's bytes; the name only helps where the bytes leave a choice.

    Raises IntakeError when the file cannot be read as a table at all.
    """
    raise NotImplementedError
