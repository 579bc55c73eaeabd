"""The database of one installation: one DuckDB file, one process, one connection, one cursor per thread.

Why it is built like this (measured on duckdb 1.5.6 and 2.0.0, 4 threads, 20 kills each):
- One connection object shared by threads gives wrong answers (94 and 39 of 1,200); a cursor per thread gives none.
- kill -9 lost no acknowledged row on either. 1.5.6 is used because it has no more faults than 2.0.0 and lacks the
  one that 2.0.1 mends (wrong results when scanning pandas), and older DuckDBs can read its files.
- DuckDB lets one process in, so a second one is told who holds the file. The lock is a POSIX lock: opening and
  closing the file with anything else in this process would drop it, so nothing here ever reads the file itself.
- After a fork the child's commits vanish without an error, so a forked child is refused.
- Leaving the process while a thread is querying aborts it, and so may closing, on both (8 of 8 exits): `close`,
  which also runs at exit, interrupts the queries and waits for them first.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from core.errors import StorageError
from core.failpoints import step
from core.storage import failures, own_files
from core.storage.backup import copy_before_upgrade, copy_whole, take_place
from core.storage.migrations import migrate
from core.storage.secure_settings import secure_settings
from core.storage.soundness import read_every_row

logger = logging.getLogger(__name__)

IN_MEMORY = ":memory:"
_THREADS = 2  # of DuckDB's own; the rest of the machine belongs to the models
_RETRY_SECONDS, _CLOSE_SECONDS, _INTERRUPT_SECONDS = 0.25, 10.0, 0.05
_LONG_LOG = 32 * 2**20  # bytes; DuckDB itself empties its log after 16 MiB, when nobody reads at that moment
_REST_SECONDS = 1.0  # at most, for readers to end while nobody new begins


class Database:
    """Gives cursors for reading and writing, each thread its own.

    `path` is the DuckDB file (made when missing) or ":memory:". Backups may only be written below
    `backups_folder` (default: `backups` beside the file): DuckDB itself refuses every other path.
    `wait_seconds` is how long to wait for another process to let go of the file.

    Raises StorageError when another process holds the file (naming its PID), when the file is damaged or was
    written by a newer version, or when the disk is full. Files are never deleted.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        backups_folder: Path | None = None,
        wait_seconds: float = 2.0,
        threads: int = _THREADS,
    ) -> None:
        self.path = Path(path)
        self.in_memory = str(path) == IN_MEMORY
        self.backups_folder = backups_folder or self.path.parent / "backups"
        self._threads = threads
        self._process = os.getpid()
        self._write_lock = threading.RLock()
        self._idle = threading.Condition()
        self._busy: list[duckdb.DuckDBPyConnection] = []
        self._cursors: dict[int, duckdb.DuckDBPyConnection] = {}  # by thread identity
        self._long_log = _LONG_LOG
        self._is_resting = False  # nobody new may begin
        self._is_writing = False  # said and asked only by the thread that holds the write lock
        self._is_closed = False
        self._is_broken = False
        if not self.in_memory:
            own_files.claim(self.path)
        try:
            self._connection = self._connect(wait_seconds)
        except BaseException:
            own_files.release(self.path)
            raise
        atexit.register(self.close)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """This thread's cursor. Inside a `write()` of the same thread it sees what that has written.

        Raises StorageError for every DuckDB error.
        """
        cursor = self._enter()
        try:
            yield cursor
        except duckdb.Error as error:
            raise self._failed(error) from None  # its text may hold values, and tracebacks get logged
        except UnicodeEncodeError:  # half of a surrogate pair, as JSON escapes can make it
            raise StorageError("storage.not_unicode") from None
        finally:
            self._leave(cursor)

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """This thread's cursor in a transaction: committed at the end, rolled back on any exception.

        One thread writes at a time. A `write()` inside another of the same thread joins the outer transaction.
        """
        with self._write_lock, self.read() as cursor:
            if self._is_writing:
                yield cursor
                return
            cursor.execute("BEGIN TRANSACTION")
            self._is_writing = True
            try:
                yield cursor
                with step("database.commit"):
                    cursor.execute("COMMIT")
                self._empty_long_log(cursor)
            except BaseException:
                with suppress(duckdb.Error):  # the transaction may be gone already; the first error is the one to tell
                    cursor.execute("ROLLBACK")
                raise
            finally:
                self._is_writing = False

    def _empty_long_log(self, own: duckdb.DuckDBPyConnection) -> None:
        """Move what the log holds into the file, when DuckDB found no moment for it without readers: log and memory
        grew by 890 MiB in 3 minutes of 5 busy sessions.
        """
        length = 0 if self.in_memory else own_files.log_length(self.path)
        if length < self._long_log:
            return
        self._long_log = length + _LONG_LOG  # while somebody reads for minutes, do not make all others wait each time
        with self._nobody_but(own, _REST_SECONDS) as is_quiet:
            try:
                if is_quiet:
                    own.execute("CHECKPOINT")
                    self._long_log = _LONG_LOG
            except duckdb.Error as error:  # what was written is committed all the same
                self._is_broken |= failures.is_fatal(error)
                logger.warning("checkpoint: %s", type(error).__name__)

    @contextmanager
    def _nobody_but(self, own: duckdb.DuckDBPyConnection | None, seconds: float) -> Iterator[bool]:
        """Nobody new begins within. Gives whether all others ended in this time."""
        with self._idle:
            self._is_resting = True
            try:
                yield self._idle.wait_for(lambda: all(each is own for each in self._busy), seconds)
            finally:
                self._is_resting = False
                self._idle.notify_all()

    def fetch(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of `query`."""
        with self.read() as cursor:
            return cursor.execute(query, parameters).fetchall()

    def fetch_one(self, query: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of `query`, None when there is none."""
        return next(iter(self.fetch(query, parameters)), None)  # all are fetched, or the snapshot would be kept

    def read_every_row(self) -> int:
        """Read all there is; returns the number of rows. Raises StorageError when some of it is damaged."""
        try:
            with self.write() as cursor:
                return read_every_row(cursor)
        except StorageError as error:
            if error.message.key in ("storage.failed", "storage.stopped"):
                raise StorageError("storage.damaged", path=str(self.path), backups=str(self.backups_folder)) from error
            raise

    def close(self) -> None:
        """Interrupt running queries, wait for them, close the file. Calling it again does nothing."""
        with self._idle:
            if self._is_closed:
                return
            self._is_closed = True
            deadline = time.monotonic() + _CLOSE_SECONDS
            while self._busy and time.monotonic() < deadline:
                for cursor in self._busy:
                    cursor.interrupt()  # again and again: it reaches only a query that runs at this moment
                self._idle.wait(timeout=_INTERRUPT_SECONDS)
            self._disconnect()
        own_files.release(self.path)
        atexit.unregister(self.close)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _enter(self) -> duckdb.DuckDBPyConnection:
        if os.getpid() != self._process:
            raise StorageError("storage.forked")
        with self._idle:
            if self._cursors.get(threading.get_ident()) not in self._busy:  # inside a read, go on
                self._idle.wait_for(lambda: not self._is_resting)
            if self._is_closed:
                raise StorageError("storage.closed")
            if self._is_broken:
                self._reopen()
            cursor = self._own_cursor()
            self._busy.append(cursor)
            return cursor

    def _own_cursor(self) -> duckdb.DuckDBPyConnection:
        """The cursor of this thread. It is held here, not by the thread: if a daemon thread dropped it while the
        interpreter ends, DuckDB's destructor would abort the process.
        """
        thread = threading.get_ident()
        if thread not in self._cursors:
            living = {other.ident for other in threading.enumerate()}
            for ended in [other for other in self._cursors if other not in living]:
                self._cursors.pop(ended).close()
            self._cursors[thread] = self._connection.cursor()
        return self._cursors[thread]

    def _leave(self, cursor: duckdb.DuckDBPyConnection) -> None:
        with self._idle:
            self._busy.remove(cursor)
            self._idle.notify_all()

    def _failed(self, error: duckdb.Error) -> StorageError:
        if self._is_closed:  # the query was interrupted by `close`
            return StorageError("storage.closed")
        logger.error("database error: %s", type(error).__name__, stack_info=True)  # no message: it may hold values
        if failures.is_fatal(error):
            with self._idle:
                self._is_broken = True
        return failures.working_failure(error, self.path)

    def _reopen(self) -> None:
        """Open the file anew after a fatal error (a full disk is one), which makes DuckDB refuse even reads."""
        if not self._idle.wait_for(lambda: not self._busy, timeout=_CLOSE_SECONDS):
            raise StorageError("storage.stopped")
        if self._is_broken:  # no other thread was first
            self._disconnect()
            self._cursors.clear()
            self._connection = self._connect(wait_seconds=0)
            self._is_broken = False

    def rewrite(self) -> None:
        """Put a copy in the place of the file: what was deleted stays readable in the free blocks of the old one.

        Everybody else waits meanwhile. A kill leaves the old file or the new one. Raises StorageError.
        """
        with self._write_lock, self._nobody_but(None, _CLOSE_SECONDS) as is_quiet:
            if not is_quiet:
                raise StorageError("storage.busy")
            try:
                copy = copy_whole(self._connection, self.backups_folder)
            except duckdb.Error as error:
                raise failures.working_failure(error, self.path) from None
            self._is_broken = True  # until it is open again, should another process get hold of the file meanwhile
            self._disconnect()
            self._cursors.clear()
            try:
                take_place(copy, self.path)
            except OSError as error:
                raise failures.writing_failure(error, self.path.parent) from error
            finally:
                copy.unlink(missing_ok=True)
                self._connection = self._connect(wait_seconds=2.0)
                self._is_broken = False

    def _connect(self, wait_seconds: float) -> duckdb.DuckDBPyConnection:
        if not self.in_memory:
            own_files.make_private(self.path.parent, self.backups_folder)
        connection = self._open(time.monotonic() + wait_seconds)
        if not self.in_memory:  # what did not fit into memory when the process was killed; nobody reads it any more
            shutil.rmtree(self.path.with_name(f"{self.path.name}.tmp"), ignore_errors=True)
        try:
            for setting in secure_settings(None if self.in_memory else self.backups_folder, self._threads):
                connection.execute(f"SET {setting}")
            migrate(connection, lambda version: copy_before_upgrade(connection, self.backups_folder, version))
        except duckdb.Error as error:
            connection.close()
            raise failures.opening_failure(error, self.path, self.backups_folder) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self, deadline: float) -> duckdb.DuckDBPyConnection:
        while True:
            try:
                return duckdb.connect(str(self.path))
            except duckdb.Error as error:
                if not failures.is_held_by_another_process(error) or time.monotonic() >= deadline:
                    raise failures.opening_failure(error, self.path, self.backups_folder) from error
            time.sleep(_RETRY_SECONDS)

    def _disconnect(self) -> None:
        """Close every cursor and the connection: DuckDB keeps a broken instance alive while one of them is open."""
        for cursor in self._cursors.values():
            cursor.close()
        self._connection.close()
