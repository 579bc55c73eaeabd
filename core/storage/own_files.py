"""The files of a database: whose they are, and which ones this process has open."""

from __future__ import annotations

import logging
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import StorageError

logger = logging.getLogger(__name__)

_open_paths: set[Path] = set()
_open_paths_lock = threading.Lock()


def claim(path: Path) -> None:
    """Note that this process opens the file. Raises StorageError when it has it open already."""
    with _open_paths_lock:
        if path.resolve() in _open_paths:
            raise StorageError("storage.already_open", path=str(path))
        _open_paths.add(path.resolve())


def release(path: Path) -> None:
    """Note that this process has let go of the file."""
    with _open_paths_lock:
        _open_paths.discard(path.resolve())


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Nobody in this process opens the file within. Raises StorageError when somebody has it open already."""
    claim(path)
    try:
        yield
    finally:
        release(path)


def make_private(*folders: Path) -> None:
    """Make folders that only this account may enter: the database holds data about students.

    A folder that was there and is this account's is closed to others too, unless it is one that all share, as /tmp is.
    Raises StorageError when a folder cannot be made.
    """
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = folder.stat()
        except OSError as error:
            raise StorageError("storage.folder_unusable", folder=str(folder)) from error
        if found.st_uid == os.getuid() and found.st_mode & 0o077 and not found.st_mode & stat.S_ISVTX:
            try:
                folder.chmod(0o700)
            except OSError as error:  # disks of Windows or another machine may know no modes, and work all the same
                logger.warning("the folder %s stays open to other accounts: %s", folder, error.strerror)


def log_length(path: Path) -> int:
    """Bytes of the log beside the database file: what is committed and not in the file yet."""
    try:
        return path.with_name(f"{path.name}.wal").stat().st_size
    except FileNotFoundError:
        return 0
