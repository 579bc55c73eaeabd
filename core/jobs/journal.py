"""The journal of a job: what has been done, in an append-only file that survives kills and shows damage.

One record a line: length and CRC-32 of the JSON in eight hexadecimal digits each, the JSON, a newline. JSON escapes
newlines, so the next newline after any damage is the place to go on reading. A record is done once `append` has
returned: then it is on the disk. While a worker lives it holds the kernel's lock on the file (`flock`), which the
kernel drops at its death, so that nobody has to guess from process ids or times.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from core.errors import JobError
from core.failpoints import step
from core.jobs.files import is_locked, sync_folder

JOURNAL_FILE = "journal.log"
MAX_RECORD_BYTES = 1 << 20  # far above any text or vector; a longer line is damage
_HEADER_BYTES = len("00000000 00000000 ")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHUNK = 1 << 16

logger = logging.getLogger(__name__)


class JournalFullError(JobError):
    """There is no room on the disk for another record; what was written of it has been taken back."""


class RawLine(NamedTuple):
    """One line of a journal."""

    record: Mapping[str, Any] | None  # None: a damaged line, refused
    next_position: int  # where to read on, in bytes


class Journal:
    """Reads a journal, and appends to it while holding its lock (`with journal.lock(): ...`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def read_from(self, position: int = 0) -> Iterator[RawLine]:
        """The lines from byte `position` on, up to the last whole one; a torn end is left for later.

        A damaged line (wrong length or checksum, not JSON, too long) comes as a line without a record, and reading
        goes on after it. Reading is safe while a worker appends. A journal that is not there is empty.
        """
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(position)
            while (line := _read_line(file)) is not None:
                record = _decode(line)
                if record is None:
                    logger.warning("refused a damaged record in %s before byte %d", self.path, file.tell())
                yield RawLine(record, file.tell())

    def size(self) -> int:
        """Bytes in the file, a torn end included; 0 when there is none."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def is_locked(self) -> bool:
        """Whether a living process holds the lock."""
        return is_locked(self.path)

    def lock(self, patience: float = 2.0) -> Journal:
        """Take the lock and cut off a torn end; use as a context manager, or call `close`.

        Waits up to `patience` seconds, because asking whether it is locked takes it for a moment.
        Raises JobError when another process keeps it.
        """
        is_new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        deadline = time.monotonic() + patience
        with step("journal.lock"):
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        os.close(descriptor)
                        raise JobError("jobs.already_running", job=self.path.parent.name) from None
                    time.sleep(0.02)
        if is_new:
            sync_folder(self.path.parent)
        self._descriptor = descriptor
        _cut_torn_end(descriptor)
        return self

    def append(self, *records: Mapping[str, Any]) -> None:
        """Write records and return when they are on the disk, all of them or none.

        Raises JournalFullError when there is no room, JobError without the lock.
        """
        if self._descriptor is None:
            raise JobError("jobs.not_locked")
        content = b"".join(encode(record) for record in records)
        before = os.fstat(self._descriptor).st_size
        try:
            with step("journal.write"):
                _write_all(self._descriptor, content)
            with step("journal.sync"):
                os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, before)
            _raise_full(error)

    def close(self) -> None:
        """Let go of the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def encode(record: Mapping[str, Any]) -> bytes:
    """One record as its line. Raises ValueError for values that JSON lacks, such as NaN, and for too long a record."""
    content = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    if len(content) + _HEADER_BYTES >= MAX_RECORD_BYTES:
        raise ValueError(f"a record of {len(content)} bytes, which would be refused when it is read")
    return b"%08x %08x %s\n" % (len(content), zlib.crc32(content), content)


def _read_line(file: BinaryIO) -> bytes | None:
    """The next whole line without its newline, of a far too long one only the start; None at a torn or real end."""
    start = file.readline(MAX_RECORD_BYTES)
    line = start
    while line and not line.endswith(b"\n"):
        line = file.readline(MAX_RECORD_BYTES)
    if not line:
        return None
    return start[:-1] if start.endswith(b"\n") else start


def _decode(line: bytes) -> Mapping[str, Any] | None:
    content = line[_HEADER_BYTES:]
    if line[:_HEADER_BYTES] != b"%08x %08x " % (len(content), zlib.crc32(content)):
        return None
    try:
        record = json.loads(content.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _raise_full(error: OSError) -> NoReturn:
    if error.errno in _FULL:
        raise JournalFullError("jobs.disk_full") from error
    raise error


def _cut_torn_end(descriptor: int) -> None:
    """Cut off what follows the last newline: a record whose writer was killed in the middle of it."""
    size = os.fstat(descriptor).st_size
    end = size
    while end > 0:
        start = max(0, end - _CHUNK)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        logger.warning("cut a torn record of %d bytes off a journal", size - end)
        with step("journal.cut"):
            os.ftruncate(descriptor, end)
            os.fsync(descriptor)
