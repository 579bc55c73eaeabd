"""Copies of the database with the files that it speaks of: by hand, by themselves, and before whatever replaces it.

By themselves: within a minute of an import, and daily when something has changed. The newest of each kind are kept;
those that a person made are never taken away.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.access.actor import requires
from core.access.roles import Permission
from core.config import Config
from core.errors import CourseLiftError, StorageError
from core.storage.access_log import AccessLog
from core.storage.backup import (
    count_lost,
    create_backup,
    newest_upload,
    put_files_back,
    restore_backup,
    set_aside,
)
from core.storage.connection import Database
from core.storage.recommendation_store import RecommendationStore
from core.storage.student_store import StudentStore

if TYPE_CHECKING:
    from core.pipeline.application import Application

KEPT = 7  # automatic copies, unless a person says otherwise
MAX_KEPT = 100
AUTOMATIC_AGE = timedelta(days=1)
_SETTING = "backups_kept"
_BY_HAND, _AUTOMATIC, _BEFORE_RESTORE = "courselift", "automatic", "before-restore"
_KINDS = (_AUTOMATIC, _BEFORE_RESTORE, "before-upgrade")
_DATE = re.compile(r"\d{8}-\d{6}-\d{6}")
_HELD = ("storage.held_by_process", "storage.already_open")
_DAMAGED = "storage.backup_damaged"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One stored copy."""

    path: Path
    made_at: datetime
    size_mib: float
    kind: str  # "by_hand", "automatic", "before_restore", "before_upgrade"


def list_backups(app: Application) -> tuple[BackupFile, ...]:
    """The copies in the backups folder, newest first; last those whose date is still to come: a clock was ahead."""
    copies = []
    for path in app.config.backups_folder.glob("*.duckdb"):
        with suppress(FileNotFoundError):  # taken away at this moment, or a link to one that is elsewhere now
            copies.append(_describe(path))
    return tuple(sorted(copies, key=lambda copy: _age_order(copy.made_at), reverse=True))


@requires(Permission.KEEP)
def make_backup(app: Application) -> BackupFile:
    """Copy the database, equal to one moment in time, with uploads and journals, while everything goes on."""
    return _describe(create_backup(app.database, _BY_HAND))


def kept_backups(app: Application) -> int:
    """How many copies of each automatic kind are kept."""
    return int(app.settings.get(_SETTING, KEPT))


@requires(Permission.KEEP)
def keep_backups(app: Application, count: int) -> None:
    """Say how many copies of each automatic kind to keep. Raises CourseLiftError unless it is 1 to `MAX_KEPT`."""
    if not 1 <= count <= MAX_KEPT:
        raise CourseLiftError("pipeline.error.out_of_range", name=_SETTING, low=1, high=MAX_KEPT)
    app.settings.set(_SETTING, count)


def back_up_when_due(app: Application) -> BackupFile | None:
    """Copy the database when a file was imported since the newest copy, or that is a day old and something changed.

    Takes away the automatic copies beyond those to keep. Returns the copy, None when none was due.
    """
    if not _is_due(app):
        return None
    made = _describe(create_backup(app.database, _AUTOMATIC))
    logger.info("backed up by itself: %s", made.path.name)
    _take_away_old(app)
    return made


@requires(Permission.KEEP)
def restore(config: Config, path: Path) -> Path | None:
    """Put a copy in place of the database, which is set aside and not deleted; returns where that is now.

    Uploads and files of jobs come back where they are missing; students who were deleted since do not, but their
    deletion has to be finished once more. A database that can be read is copied first, so that it
    can be put back in the same way. Raises StorageError when the copy cannot be opened or another process holds the
    database.
    """
    _copy_before_restore(config)
    aside = restore_backup(path, config.database_path)
    _keep_what_came_after(config)
    return aside


@requires(Permission.KEEP)
def restore_while_open(app: Application, path: Path) -> None:
    """Close the application, put a copy in place; the next one to open it goes on from there.

    A running worker goes on meanwhile: its job is adopted again, and what it has written is read from its journal.
    """
    app.close()
    restore(app.config, path)


def restore_newest(config: Config) -> tuple[Path | None, Path | None]:
    """Put the newest copy that can be read to its last row in place of a database that cannot.

    The database file without its damaged log is one of the copies: it holds what was written down for good. Where
    there is no copy at all the next one to open the database begins with an empty one. Returns what was put there,
    and where the database that cannot be read is now. Raises StorageError when another process holds the database.
    """
    if (database := _open_if_possible(config)) is not None:
        database.close()
    copies = [path for path in (config.database_path, *config.backups_folder.glob("*.duckdb")) if path.is_file()]
    for copy in sorted(copies, key=lambda path: _age_order(_made_at(path)), reverse=True):
        try:
            aside = restore_backup(copy, config.database_path)
            _keep_what_came_after(config)
            return copy, aside
        except StorageError as error:
            if error.message.key != _DAMAGED:
                raise
    aside = set_aside(config.database_path)
    _keep_what_came_after(config)
    return None, aside


def put_log_back(database: Database, log: AccessLog) -> None:
    """Take up the access log's entries that an older database lacks, and delete again who was deleted since.

    Pseudonyms are never given anew, so the log tells whom. What files hold is left to do, as after a kill.
    """
    students, lists = StudentStore(database), RecommendationStore(database)
    with database.write():  # at once: with the entries alone in it, nothing would tell that students are back
        log.put_back()
        for entry in log.deleted():
            if known := list(students.numbers(entry.subjects)):
                counts = {"places": lists.forget_students(known), "students": students.forget(known)}
                students.note_deletion(entry.actor, entry.reason, counts)


def _keep_what_came_after(config: Config) -> None:
    """What happened since the copy was made stays in the access log, and who was deleted since is deleted again."""
    with Database(config.database_path, backups_folder=config.backups_folder) as database:
        put_log_back(database, AccessLog(database, config.access_journal_path))


def fuller_backup(app: Application) -> BackupFile | None:
    """The newest copy, if it holds imports or decisions that the database has lost since; None when all is there.

    A log that was cut short makes the database quietly older than its copies. Copies from before a restore are
    meant to hold other things.
    """
    for backup in list_backups(app):
        try:
            return backup if count_lost(app.database, backup.path) else None
        except StorageError as error:
            logger.warning("%s cannot be read: %s", backup.path.name, error)
    return None


def restore_files(app: Application) -> int:
    """Put uploads and files of jobs that are missing or damaged back from the copies, newest first; returns how many.

    Copies that cannot be read are passed over. Raises StorageError when the disk is full.
    """
    count = 0
    for backup in list_backups(app):
        try:
            count += put_files_back(backup.path, app.config.home)
        except StorageError as error:
            if error.message.key != _DAMAGED:
                raise
            logger.warning("%s cannot be read: %s", backup.path.name, error)
    return count


def _is_due(app: Application) -> bool:
    now = datetime.now(UTC)
    uploaded = newest_upload(app.database, now)
    if uploaded is None:
        return False
    # Until a date of a clock that was ahead is past, it says nothing.
    newest = max((backup.made_at for backup in list_backups(app) if backup.made_at <= now), default=None)
    if newest is None or newest < uploaded <= now:
        return True
    return now - newest > AUTOMATIC_AGE and _changed_at(app.config) > newest


def _changed_at(config: Config) -> datetime:
    """When the database was last written to. Looking at a file's times does not touch the lock on it."""
    log = config.database_path.with_name(f"{config.database_path.name}.wal")
    times = [path.stat().st_mtime for path in (config.database_path, log) if path.exists()]
    return datetime.fromtimestamp(max(times), UTC)


def _take_away_old(app: Application) -> None:
    kept = kept_backups(app)
    for kind in _KINDS:
        of_kind = [backup for backup in list_backups(app) if backup.path.name.startswith(kind)]
        for backup in of_kind[kept:]:
            backup.path.unlink(missing_ok=True)
            logger.info("took away the old backup %s", backup.path.name)


def _age_order(made_at: datetime) -> tuple[bool, datetime]:
    """What sorts copies from old to new, those from a clock that was ahead before all others."""
    return made_at <= datetime.now(UTC), made_at


def _describe(path: Path) -> BackupFile:
    facts = path.stat()
    kind = next((kind for kind in _KINDS if path.name.startswith(kind)), "by_hand").replace("-", "_")
    return BackupFile(path, _made_at(path), facts.st_size / 2**20, kind)


def _made_at(path: Path) -> datetime:
    """The moment that a copy equals, which its name tells; a renamed one's file was finished a little later."""
    if (found := _DATE.search(path.name)) is not None:
        return datetime.strptime(found.group(), "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _copy_before_restore(config: Config) -> None:
    database = _open_if_possible(config)
    if database is None:
        return
    with database:
        AccessLog(database, config.access_journal_path).note()  # what a kill kept from the journal would be lost here
        try:
            create_backup(database, _BEFORE_RESTORE)
        except StorageError as error:
            logger.warning("the database was not copied before the restore, it is only set aside: %s", error)


def _open_if_possible(config: Config) -> Database | None:
    """The database; None when there is none or it cannot be read, which is what a restore is for.

    Raises StorageError when another process holds it.
    """
    if not config.database_path.exists():
        return None
    try:
        return Database(config.database_path, backups_folder=config.backups_folder, wait_seconds=0)
    except StorageError as error:
        if error.message.key in _HELD:
            raise
        return None
