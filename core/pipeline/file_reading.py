"""Reads the tables in files that people bring."""

from __future__ import annotations

from pathlib import Path

from core.catalog.isolation import read_table_isolated
from core.catalog.own_export import without_additions
from core.catalog.tables import Table
from core.pipeline.application import Application
from core.storage.failures import writing_failure


def read_file(app: Application, source: bytes | Path, file_name: str) -> Table:
    """The table in a file, read in a child process below the state folder; without what an export of ours added.

    Raises IntakeError when the file cannot be read, StorageError when the state folder's disk has too little space or
    the folder cannot be used.
    """
    folder = app.config.temporary_folder
    try:
        return without_additions(read_table_isolated(source, file_name, folder=folder))
    except OSError as error:
        raise writing_failure(error, folder) from error
