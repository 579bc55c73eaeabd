"""Folders that appear complete or not at all, made by one process at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(target: Path) -> Iterator[None]:
    """Hold the lock of a folder to be made, waiting for another holder; the kernel drops it when a process dies."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f".{target.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def working_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, gone afterwards; for the holder of `exclusive`.

    What a process left that was killed in the middle is taken away first.
    """
    for leftover in target.parent.glob(f".{target.name}.*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as name:
        yield Path(name)


def put_in_place(built: Path, target: Path) -> None:
    """Make the finished folder `built` (in a working folder of `target`) be `target`; an old one is dropped."""
    for path in built.rglob("*"):
        if path.is_file():
            _flush(path)
    if target.exists():
        target.rename(built.parent / "replaced")  # goes away with the working folder
    built.rename(target)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
