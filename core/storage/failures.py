"""What DuckDB's errors mean to a person."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import duckdb

from core.errors import StorageError

_HOLDER = re.compile(r"\(PID (\d+)\)")
_NO_SPACE = re.compile(
    r"no space left|disk full|out of disk space|not enough space|disk quota|file too large", re.IGNORECASE
)
_NEWER_FILE = re.compile(r"version number|newer version of DuckDB|storage version", re.IGNORECASE)


def is_held_by_another_process(error: duckdb.Error) -> bool:
    """Whether opening failed because another process has the file."""
    return "Could not set lock on file" in str(error)


def is_fatal(error: duckdb.Error) -> bool:
    """Whether DuckDB refuses all further work with this instance, reads included."""
    return isinstance(error, duckdb.FatalException) or "database has been invalidated" in str(error)


def opening_failure(error: duckdb.Error, path: Path, backups_folder: Path) -> StorageError:
    """The error to raise when the database file `path` cannot be opened."""
    text = str(error)
    if is_held_by_another_process(error):
        holder = _HOLDER.search(text)
        return StorageError("storage.held_by_process", pid=holder.group(1) if holder else "?")
    if is_disk_full(error):
        return StorageError("storage.disk_full", folder=str(path.parent))
    if _NEWER_FILE.search(text) and "Corrupt" not in text:
        return StorageError("storage.newer_file", path=str(path))
    if isinstance(error, duckdb.PermissionException) or "Permission denied" in text:
        return StorageError("storage.no_permission", path=str(path))
    if "Cannot open file" in text:  # its disk is not there, say: a repair would put an older one in its place
        return StorageError("storage.folder_unusable", folder=str(path.parent))
    return StorageError("storage.damaged", path=str(path), backups=str(backups_folder))


def is_disk_full(error: BaseException) -> bool:
    """Whether the file system had no room for what was to be written, by Python or by DuckDB."""
    if isinstance(error, duckdb.Error):
        return _NO_SPACE.search(str(error)) is not None
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def restoring_failure(error: Exception, backup: Path, folder: Path) -> StorageError:
    """The error to raise when a backup could not be written out in `folder`; damaged is what nothing else stopped."""
    if is_disk_full(error):
        return StorageError("storage.disk_full", folder=str(folder))
    if isinstance(error, duckdb.OutOfMemoryException):
        return StorageError("storage.out_of_memory")
    return StorageError("storage.backup_damaged", path=str(backup))


def writing_failure(error: OSError, folder: Path) -> StorageError:
    """The error to raise when a file could not be written in `folder`."""
    return StorageError("storage.disk_full" if is_disk_full(error) else "storage.folder_unusable", folder=str(folder))


def working_failure(error: duckdb.Error, path: Path) -> StorageError:
    """The error to raise when reading or writing failed. Carries no values: they may be about students."""
    if is_disk_full(error):
        return StorageError("storage.disk_full", folder=str(path.parent))
    if is_fatal(error):
        return StorageError("storage.stopped")
    if isinstance(error, duckdb.OutOfMemoryException):
        return StorageError("storage.out_of_memory")
    return StorageError("storage.failed", kind=type(error).__name__)
