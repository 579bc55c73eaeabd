"""Reads an uploaded file in a child process, so that a hostile or damaged file cannot take the app down."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, replace
from pathlib import Path

from core.catalog.reading import DEFAULT_LIMITS
from core.catalog.tables import MIB, ReadLimits, Table
from core.catalog.transfer import read_result
from core.config import PROJECT_FOLDER
from core.errors import IntakeError

_log = logging.getLogger(__name__)

KEEP_FREE = 256 * MIB  # of the disk: the database's log and the journals of jobs grow while a file is read
_PREFIX = "courselift-intake-"
_tidied: set[Path] = set()
_tidied_lock = threading.Lock()


def read_table_isolated(
    source: bytes | Path, file_name: str, limits: ReadLimits = DEFAULT_LIMITS, *, folder: Path | None = None
) -> Table:
    """As reading.read_table, with limits on memory, processor time and wall time.

    Meanwhile the file and what was read lie below `folder`, or the system's folder for such things.

    Raises IntakeError also when the child dies or takes too long, OSError when the folder cannot be used or its disk
    has too little space.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > limits.max_bytes:  # before anything is copied
        raise IntakeError("intake.error.too_many_bytes", limit=limits.max_bytes // MIB)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder) as name:
        own = Path(name)
        room = _room(own, size, is_copied=isinstance(source, bytes))
        if isinstance(source, bytes):
            path = own / "upload"
            path.write_bytes(source)
        else:
            path = source.resolve()
        result = own / "result"
        limits = replace(limits, result_bytes=min(limits.result_bytes, room))
        request = {"path": str(path), "result": str(result), "name": file_name, "limits": asdict(limits)}
        _run_child(json.dumps(request), limits.seconds)
        try:
            with result.open(encoding="utf-8") as lines:
                return read_result(lines)
        except (OSError, ValueError, MemoryError) as error:
            raise IntakeError("intake.error.too_large_or_damaged") from error


def remove_leftovers(folder: Path) -> None:
    """Delete what processes that died in the middle left below `folder`, where only this process may be reading.

    Once a process and folder: afterwards, another thread may be reading there.
    """
    with _tidied_lock:
        if folder in _tidied:
            return
        _tidied.add(folder)
    for leftover in folder.glob(f"{_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for leftover in folder.glob("openpyxl.*"):  # sheets of workbooks that were being written
        leftover.unlink(missing_ok=True)


def _room(folder: Path, size: int, *, is_copied: bool) -> int:
    """Bytes that what was read may take. Raises OSError when a file of `size` bytes would leave too little free."""
    room = shutil.disk_usage(folder).free - KEEP_FREE - (size if is_copied else 0)
    if room < size:  # what was read takes about as much as the file, or more
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    return room


def _run_child(request: str, seconds: float) -> None:
    try:
        # A fresh interpreter, not a fork: the app has threads and an open database.
        child = subprocess.run(
            [sys.executable, "-m", "core.catalog.reader_process"],
            input=request.encode(),
            cwd=PROJECT_FOLDER,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # may quote the file, and student lists must not reach a log
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:  # it could not start for lack of memory, or took too long
        raise IntakeError("intake.error.too_large_or_damaged") from error
    if child.returncode in (errno.ENOSPC, errno.EDQUOT):
        raise OSError(child.returncode, os.strerror(child.returncode))
    if child.returncode:
        _log.warning("The reading process ended with code %s", child.returncode)
        raise IntakeError("intake.error.too_large_or_damaged")
