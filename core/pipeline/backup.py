"""Copies of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.config import Config
from core.pipeline.application import Application


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One stored copy."""

    path: Path
    made_at: datetime
    size_mib: float


def list_backups(app: Application) -> tuple[BackupFile, ...]:
    """The copies in the backups folder, newest first."""
    raise NotImplementedError


def make_backup(app: Application) -> BackupFile:
    """Copy the database, equal to one moment in time, while everything goes on."""
    raise NotImplementedError


def restore(config: Config, path: Path) -> None:
    """Put a copy in place of the database, which is set aside and not deleted. No process may hold it open.

    Raises StorageError when the copy cannot be opened or the database is held.
    """
    raise NotImplementedError
