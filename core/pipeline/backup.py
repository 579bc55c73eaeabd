"""Copies of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.config import Config
from core.errors import StorageError
from core.pipeline.application import Application
from core.storage.backup import create_backup, restore_backup, set_aside
from core.storage.connection import Database


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One stored copy."""

    path: Path
    made_at: datetime
    size_mib: float


def list_backups(app: Application) -> tuple[BackupFile, ...]:
    """The copies in the backups folder, newest first."""
    paths = app.config.backups_folder.glob("*.duckdb")
    return tuple(sorted((_describe(path) for path in paths), key=lambda item: item.made_at, reverse=True))


def make_backup(app: Application) -> BackupFile:
    """Copy the database, equal to one moment in time, while everything goes on."""
    return _describe(create_backup(app.database))


def restore(config: Config, path: Path) -> Path | None:
    """Put a copy in place of the database, which is set aside and not deleted; returns where that is now.

    Raises StorageError when the copy cannot be opened or another process holds the database.
    """
    _refuse_when_held(config)
    return restore_backup(path, config.database_path)


def restore_newest(config: Config) -> tuple[Path | None, Path | None]:
    """Put the newest copy that can be read to its last row in place of a database that cannot.

    The database file without its damaged log is one of the copies: it holds what was written down for good. Where
    there is no copy at all the next one to open the database begins with an empty one. Returns what was put there,
    and where the database that cannot be read is now. Raises StorageError when another process holds the database.
    """
    _refuse_when_held(config)
    copies = [path for path in (config.database_path, *config.backups_folder.glob("*.duckdb")) if path.exists()]
    for copy in sorted(copies, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            return copy, restore_backup(copy, config.database_path)
        except StorageError as error:
            if error.message.key != "storage.backup_damaged":
                raise
    return None, set_aside(config.database_path)


def _describe(path: Path) -> BackupFile:
    facts = path.stat()
    return BackupFile(path, datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size / 2**20)


def _refuse_when_held(config: Config) -> None:
    """A database that cannot be opened for another reason is what a restore is for."""
    if not config.database_path.exists():
        return
    try:
        Database(config.database_path, backups_folder=config.backups_folder, wait_seconds=0).close()
    except StorageError as error:
        if error.message.key in ("storage.held_by_process", "storage.already_open"):
            raise
