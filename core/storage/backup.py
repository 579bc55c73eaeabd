"""Copies of the database with the files that it speaks of, made while it is in use, and the way back.

The copy is made by DuckDB itself (ATTACH and COPY FROM DATABASE: one statement, one moment in time). Copying the
file instead would drop the process's POSIX lock on it as soon as the copy was closed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from core.errors import StorageError
from core.failpoints import step
from core.storage import kept_files, own_files
from core.storage.conversion import from_optional_time, to_stored_time
from core.storage.failures import is_held_by_another_process, restoring_failure, writing_failure
from core.storage.migrations import known_version, schema_version
from core.storage.secure_settings import secure_settings

if TYPE_CHECKING:
    from core.storage.connection import Database

_CURRENT_DATABASE = "SELECT current_database()"
_SUFFIX = ".duckdb"
_THREADS = 2  # of DuckDB's own
_RESTORED = "restored_at"  # a setting that only a restore writes
_MARK_RESTORED = "INSERT OR REPLACE INTO settings (key, value, saved_at) VALUES (?, to_json(?), ?)"
_NEWEST_UPLOAD = "SELECT coalesce(max(uploaded_at) FILTER (uploaded_at <= ?), min(uploaded_at)) FROM uploads"
# Rows that nothing ever takes away: one that a copy has and the database lacks was lost. Copies that do not know of
# the restore are from before it, whatever the clock said, and are meant to hold other things.
_COUNT_LOST = """
SELECT CASE WHEN EXISTS (
    SELECT saved_at FROM settings WHERE key = ? EXCEPT SELECT saved_at FROM {copy}.settings WHERE key = ?
) THEN 0 ELSE
    (SELECT count(*) FROM {copy}.imports WHERE import_id NOT IN (SELECT import_id FROM imports))
    + (SELECT count(*) FROM {copy}.decisions WHERE decision_id NOT IN (SELECT decision_id FROM decisions))
END
"""


def create_backup(database: Database, name: str = "courselift") -> Path:
    """A consistent copy of `database` as of one moment, in its backups folder (DuckDB may write nowhere else).

    Uploaded catalogs and the files of jobs are in it too. The file is called `name` and the date. Others read and
    write meanwhile. Raises StorageError when the copy cannot be made, or would fill the disk.
    """
    home, target = database.path.parent, database.backups_folder / f"{name}-{_date()}{_SUFFIX}"
    try:
        kept_files.require_space(home, database.backups_folder)
        with database.read() as cursor:
            _copy_into(cursor, target, home)
    except OSError as error:
        raise writing_failure(error, target.parent) from error
    return target


def restore_backup(backup: Path, database_path: Path) -> Path | None:
    """Put a copy of `backup` in the place of the closed database at `database_path`.

    Every row is copied into a new file, which shows whether the backup is sound and makes the indexes anew. Uploads
    and files of jobs that are missing beside the database come back, those that are there stay as they are. The old
    files are set aside under a dated name, never deleted; returns where the old database is now, None when there was
    none. `backup` may be a database with its log, out of a copied folder, or the old database itself: then its log is
    left out. Nobody opens the database meanwhile: what they wrote would be set aside with it. Raises StorageError.
    """
    with own_files.claimed(database_path):
        if _is_in_use(database_path):
            raise StorageError("storage.database_in_use", path=str(database_path))
        database_path.parent.mkdir(parents=True, exist_ok=True)
        incoming = _make_incoming(backup, database_path)
        try:
            aside = set_aside(database_path, keep_name=True)
            with step("restore.replace"):  # at no moment is there no database, which would be begun empty
                incoming.replace(database_path)
        except OSError as error:
            raise writing_failure(error, database_path.parent) from error
        return aside


def _make_incoming(backup: Path, database_path: Path) -> Path:
    incoming = database_path.with_name(f"{database_path.name}.incoming")
    copy = database_path.with_name(f"{database_path.name}.copy")
    _remove(copy, incoming)
    try:
        with step("restore.copy"):
            shutil.copyfile(backup, copy)
            if backup.resolve() != database_path.resolve() and _log_of(backup).exists():
                shutil.copyfile(_log_of(backup), _log_of(copy))
        with _opened(copy, may_write_in=database_path.parent) as connection:
            _refuse_newer(connection, backup)
            with step("restore.files"):
                kept_files.take_out(connection, database_path.parent)
            kept_files.forget(connection)
            _copy_into(connection, incoming)
        with duckdb.connect(str(incoming)) as connection:
            moment = datetime.now(UTC).replace(tzinfo=None)
            connection.execute(_MARK_RESTORED, [_RESTORED, backup.name, moment])
            connection.execute("CHECKPOINT")  # closing would leave it in a log, and not say so, where the disk is full
    except (duckdb.Error, OSError, ValueError) as error:
        _remove(incoming)
        raise restoring_failure(error, backup, database_path.parent) from error
    finally:
        _remove(copy)
    return incoming


def put_files_back(backup: Path, home: Path) -> int:
    """Write the uploads and files of jobs that `backup` has and the state folder `home` lacks; returns how many.

    Raises StorageError when the backup cannot be read.
    """
    try:
        with _opened(backup) as connection:
            return kept_files.take_out(connection, home)
    except (duckdb.Error, OSError, ValueError) as error:
        raise restoring_failure(error, backup, home) from error


def newest_upload(database: Database, now: datetime) -> datetime | None:
    """When the last file before `now` was uploaded; None before the first.

    Where a clock that was ahead dated every upload later than now, it is the first of these.
    """
    row = database.fetch_one(_NEWEST_UPLOAD, [to_stored_time(now)])
    return None if row is None else from_optional_time(row[0])


def count_lost(database: Database, backup: Path) -> int:
    """How many imports and decisions a backup in the backups folder has and the database lacks; 0 for a backup from
    before the database was restored.

    Raises StorageError when the backup cannot be read.
    """
    alias = f"copy_{os.urandom(8).hex()}"
    with database.read() as cursor:
        cursor.execute(f"ATTACH '{_quoted(backup)}' AS {alias} (READ_ONLY)")
        try:
            return int(cursor.execute(_COUNT_LOST.format(copy=alias), [_RESTORED] * 2).fetchall()[0][0])
        finally:
            cursor.execute(f"DETACH {alias}")


def copy_before_upgrade(connection: duckdb.DuckDBPyConnection, folder: Path, version: int) -> None:
    """Keep what the file held before its schema leaves `version`."""
    _copy_into(connection, folder / f"before-upgrade-from-{version}-{_date()}{_SUFFIX}")


def copy_whole(connection: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """Copy everything that the database holds, and nothing that it held, into a new file without a backup's name."""
    target = folder / "rewritten.database"
    _copy_into(connection, target)
    return target


def take_place(copy: Path, database_path: Path) -> None:
    """Put a copy made by `copy_whole` in the place of the closed database, in one step.

    Raises StorageError, having changed nothing, when the database still has a log: it would be replayed into the copy.
    OSError when the folder has no room.
    """
    if _log_of(database_path).exists():
        raise StorageError("storage.stopped")
    database_path = database_path.resolve()  # a link would be replaced, and the file that it names stay as it is
    if copy.stat().st_dev == database_path.stat().st_dev:
        copy.replace(database_path)
        return
    incoming = database_path.with_name(f"{database_path.name}.incoming")  # the backups are on another disk
    try:
        shutil.copyfile(copy, incoming)
        _sync(incoming)
        incoming.replace(database_path)
    finally:
        _remove(incoming)


def _copy_into(connection: duckdb.DuckDBPyConnection, target: Path, home: Path | None = None) -> None:
    """Copy everything into the new file `target`, and the files of the state folder `home`.

    It gets its name only when it is whole.
    """
    unfinished = target.with_suffix(".unfinished")
    source = connection.execute(_CURRENT_DATABASE).fetchall()[0][0]
    alias = f"backup_{os.urandom(8).hex()}"
    _remove(unfinished)
    try:
        connection.execute(f"ATTACH '{_quoted(unfinished)}' AS {alias}")
        try:
            with step("backup.copy"):
                connection.execute(f'COPY FROM DATABASE "{source}" TO {alias}')
            if home is not None:
                with step("backup.files"):
                    kept_files.put_in(connection, alias, home)
        finally:
            connection.execute(f"DETACH {alias}")
    except BaseException:
        _remove(unfinished)
        raise
    with step("backup.sync"):
        _sync(unfinished)
    with step("backup.name"):
        unfinished.replace(target)


@contextmanager
def _opened(path: Path, *, may_write_in: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A backup, read only without a folder to write in. It may come from elsewhere: its views reach nothing outside."""
    with duckdb.connect(str(path), read_only=may_write_in is None) as connection:
        for setting in secure_settings(may_write_in, _THREADS):
            connection.execute(f"SET {setting}")
        yield connection


def _refuse_newer(connection: duckdb.DuckDBPyConnection, backup: Path) -> None:
    """Before it takes the place of a database: nothing could open it."""
    found, known = schema_version(connection), known_version()
    if found > known:
        raise StorageError("storage.backup_newer", path=str(backup), found=found, known=known)


def _remove(*databases: Path) -> None:
    """Take unfinished copies away, with their logs: what a kill or a full disk left in one would be replayed into the
    next copy of that name.
    """
    for path in databases:
        path.unlink(missing_ok=True)
        _log_of(path).unlink(missing_ok=True)


def _log_of(database_path: Path) -> Path:
    return database_path.with_name(f"{database_path.name}.wal")


def _is_in_use(database_path: Path) -> bool:
    """Whether any process holds DuckDB's lock on the file; a damaged file is nobody's."""
    try:
        duckdb.connect(str(database_path), read_only=True).close()
    except duckdb.Error as error:
        return is_held_by_another_process(error) or isinstance(error, duckdb.ConnectionException)
    return False


def set_aside(database_path: Path, *, keep_name: bool = False) -> Path | None:
    """Rename the closed database and its log; returns where the database is now, None when there was none.

    The log goes first, or a new database might replay an old log. With `keep_name` the database keeps its old name
    too, until another file takes it.
    """
    date = _date()
    log = _log_of(database_path)
    if log.exists():
        with step("restore.set_log_aside"):
            log.replace(log.with_name(f"{database_path.name}.{date}.wal"))
    if not database_path.exists():
        return None
    aside = database_path.with_name(f"{database_path.name}.{date}")
    with step("restore.set_database_aside"):
        if keep_name:
            _keep_as(database_path, aside)
        else:
            database_path.replace(aside)
    return aside


def _keep_as(path: Path, name: Path) -> None:
    try:
        os.link(path, name)
    except OSError:  # disks of Windows or another machine may know no second names
        shutil.copyfile(path, name)
        _sync(name)


def _date() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")


def _quoted(path: Path) -> str:
    return str(path.resolve()).replace("'", "''")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
