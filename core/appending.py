"""Adding lines to a file so that each is whole or absent, whatever happens to the disk or to who writes."""

from __future__ import annotations

import fcntl
import os


def append_lines(descriptor: int, lines: bytes) -> None:
    """Add whole lines to a file that is open for reading and appending; returns when they are on the disk.

    What a kill left half written there stays a line of its own. Where there is no room nothing is added. Threads and
    processes that have opened the file come one by one. Raises OSError.
    """
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    before = os.fstat(descriptor).st_size
    is_torn = before > 0 and os.pread(descriptor, 1, before - 1) != b"\n"
    left = memoryview(b"\n" + lines if is_torn else lines)
    try:
        while left:
            left = left[os.write(descriptor, left) :]  # a disk that is nearly full takes a part, and says no word
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        raise
