"""Reads an uploaded file in a child process, so that a hostile or damaged file cannot take the app down."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path

from core.catalog.reading import DEFAULT_LIMITS
from core.catalog.tables import MIB, ReadLimits, Table
from core.catalog.transfer import read_result
from core.config import PROJECT_FOLDER
from core.errors import IntakeError

_log = logging.getLogger(__name__)

_PREFIX = "courselift-intake-"
_tidied: set[Path] = set()
_tidied_lock = threading.Lock()


def read_table_isolated(
    source: bytes | Path, file_name: str, limits: ReadLimits = DEFAULT_LIMITS, *, folder: Path | None = None
) -> Table:
    """As reading.read_table, with limits on memory, processor time and wall time.

    Meanwhile the file and what was read lie below `folder`, or the system's folder for such things.

    Raises IntakeError also when the child dies or takes too long.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > limits.max_bytes:  # before anything is copied
        raise IntakeError("intake.error.too_many_bytes", limit=limits.max_bytes // MIB)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder) as name:
        own = Path(name)
        if isinstance(source, bytes):
            path = own / "upload"
            path.write_bytes(source)
        else:
            path = source.resolve()
        result = own / "result"
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
    except subprocess.TimeoutExpired as error:
        raise IntakeError("intake.error.too_large_or_damaged") from error
    if child.returncode:
        _log.warning("The reading process ended with code %s", child.returncode)
        raise IntakeError("intake.error.too_large_or_damaged")
