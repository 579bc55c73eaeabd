"""Small files that are whole or absent, whatever happens to the process that writes them; and locks."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.failpoints import step


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace `path` by `content`; a path has one writer at a time.

    `durable=False` spares the fsync where losing the newest version is harmless.
    """
    temporary = path.with_name(f".{path.name}.new")  # one name, so that kills cannot pile up leftovers
    try:
        with step("file.write"), temporary.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        with step("file.replace"):
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, waiting for another holder."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock: the kernel drops it at death, so a crash is never "running"."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that ask do not meet
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
