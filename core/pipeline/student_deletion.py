"""Deleting what is known about students: for good, everywhere, with a record that does not say whose it was.

What goes: the student, their number, their places in all stored lists, interests that nobody else has with their
vectors and the runs that embedded them, files of students that an earlier version kept. Then the database file is
written anew, because deleted rows stay readable in its free blocks, and every copy made before (backups, databases
that were set aside) gives way to one made after. Copies that people downloaded are out of reach.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.access.actor import current_actor, requires
from core.access.roles import Permission
from core.catalog.text import visible_line
from core.embedding.texts import label_text, text_hash
from core.errors import JobError, StorageError
from core.jobs.spec import JobSpec
from core.jobs.supervisor import Supervisor
from core.pipeline.application import Application
from core.pipeline.student_access import acting_name, check_reason, note_access
from core.records import JobKind
from core.storage.backup import create_backup
from core.storage.student_store import Deletion

MIN_DAYS, MAX_DAYS = 1, 36_500
_finishing = threading.Lock()  # two at once would take away each other's new backup
_HOLD_NOBODY = (JobKind.ENHANCE, JobKind.LIFT)  # they write and measure descriptions of courses


@dataclass(frozen=True, slots=True)
class _Traces:
    """What only students left behind who are going or gone."""

    texts: tuple[str, ...]  # hashes of interests and departments
    jobs: tuple[str, ...]  # that embedded them, and folders of which nobody can tell what they hold
    uploads: tuple[Path, ...]  # files of students


def unseen_students(app: Application, days: int) -> tuple[str, ...]:
    """Pseudonyms of students who are not in the newest upload, and were in none for so many days."""
    return tuple(app.students.unseen_since(datetime.now(UTC) - timedelta(days=min(max(days, MIN_DAYS), MAX_DAYS))))


@requires(Permission.MANAGE_STUDENTS)
def delete_unseen(app: Application, days: int, reason: str) -> Deletion | None:
    """Delete all `unseen_students`; None when there are none. The run is written down in either case.

    Raises what `delete_students` raises.
    """
    chosen = unseen_students(app, days)
    check_reason(app, reason)
    note_access(app, "retention", chosen, f"{days} d, {len(chosen)}: {reason}")
    return delete_students(app, chosen, reason) if chosen else None


@requires(Permission.MANAGE_STUDENTS)
def delete_students(app: Application, student_ids: Sequence[str], reason: str) -> Deletion:
    """Delete all traces of these students (pseudonyms) and return the record of it. Doing it again is harmless.

    Raises AccessError without the permission or a reason that names nobody by number, StorageError when nobody
    is known under them, JobError while a run holds their interests.
    """
    check_reason(app, reason)
    known = list(app.students.numbers(student_ids))
    if not known:
        raise StorageError("deletion.nobody")
    name, why = acting_name(app), visible_line(reason)
    with app.job_service.standing_still():
        traces = _find_traces(app, known)
        with app.database.write():
            counts = {
                "places": app.recommendations.forget_students(known),
                "students": app.students.forget(known),
                **_forget_traces(app, traces),
            }
            deletion_id = app.students.note_deletion(name, why, counts)
            app.access_log.add("delete", known, name, why)
            _remove_files(app, traces)
    app.mark_changed()
    finish_deletions(app)
    return next(it for it in app.students.deletions() if it.deletion_id == deletion_id)


@requires(Permission.MANAGE_STUDENTS)
def finish_deletions(app: Application) -> None:
    """Remove what deleted rows leave in files; also what an interrupted deletion left to do, or a restore brought back.

    A new backup comes before the old ones go, so that there is always one; the last one knows that all is done.
    Raises StorageError, JobError while a run holds interests of students who are gone.
    """
    with _finishing:
        app.access_log.note()
        unfinished = [it.deletion_id for it in app.students.deletions() if it.finished_at is None]
        with app.job_service.standing_still():
            traces = _find_traces(app)
            with app.database.write():
                _forget_traces(app, traces)
                _remove_files(app, traces)
        app.database.rewrite()
        _keep_only(app, create_backup(app.database))
        app.students.finish_deletions(unfinished)
        _keep_only(app, create_backup(app.database))


def deletions(app: Application) -> tuple[Deletion, ...]:
    """The records of all deletions, newest first; who deleted, and why, only for those who may read the access log."""
    records = tuple(app.students.deletions())
    if current_actor().may(Permission.READ_LOG):
        return records
    return tuple(replace(record, actor="", reason="") for record in records)


def _find_traces(app: Application, student_ids: Sequence[str] = ()) -> _Traces:
    """Interests and departments that no student but these and no course has. Raises JobError while a run holds them."""
    leaving = set(student_ids)
    students = app.students.all()
    kept = {name for it in students if it.student_id not in leaving for name in (*it.interests, it.department)}
    for catalog in app.catalogs.list():
        kept |= {course.department for course in app.catalogs.courses(catalog.catalog_id, active_only=False)}
    folders = {job_id: _embedded_names(app, job_id) for job_id in Supervisor(app.config).job_ids()}
    known = _hashes({name for it in students for name in (*it.interests, it.department)})
    texts = known.union(*(names for names in folders.values() if names is not None)) - _hashes(kept)
    jobs = {job_id for job_id, names in folders.items() if names is None or names & texts}
    jobs.update(app.jobs.with_items(texts))
    if any(job.job_id in jobs for job in app.jobs.active()):
        raise JobError("deletion.job_running")
    uploads = app.catalogs.files_of_students()  # by their place in this state folder, which may have moved since
    return _Traces(tuple(texts), tuple(jobs), tuple(app.config.uploads_folder / Path(path).name for path in uploads))


def _hashes(names: Iterable[str]) -> set[str]:
    return {text_hash(label_text(name), "query") for name in names}


def _embedded_names(app: Application, job_id: str) -> set[str] | None:
    """Hashes of the departments and interests that a run embedded, of people who have left too.

    None when its folder cannot be read, so that it may hold anybody's; a run about descriptions holds nobody's.
    """
    try:
        return {item.key for item in JobSpec.load(app.config.jobs_folder / job_id).items if item.role == "query"}
    except JobError:
        return set() if _holds_nobody(app, job_id) else None


def _holds_nobody(app: Application, job_id: str) -> bool:
    with suppress(StorageError):  # the database does not know it
        return app.jobs.get(job_id).kind in _HOLD_NOBODY
    return False


def _forget_traces(app: Application, traces: _Traces) -> dict[str, int]:
    """Take them out of the database and count what goes, by name."""
    app.jobs.forget(traces.jobs)
    app.catalogs.forget_files_of_students()
    vectors = app.embeddings.forget(traces.texts)
    return {"vectors": vectors, "jobs": len(traces.jobs), "uploads": len(traces.uploads)}


def _remove_files(app: Application, traces: _Traces) -> None:
    for job_id in traces.jobs:
        if (folder := app.config.jobs_folder / job_id).exists():
            shutil.rmtree(folder)
    for path in traces.uploads:
        path.unlink(missing_ok=True)


def _keep_only(app: Application, made: Path) -> None:
    """Take away every other copy of the database: backups, and databases that were set aside, with their logs."""
    database = app.config.database_path
    aside = [path for path in database.parent.glob(f"{database.name}.*") if path.name != f"{database.name}.wal"]
    backups = [path for path in app.config.backups_folder.iterdir() if path != made]
    for path in (*aside, *backups):
        if path.is_file():
            path.unlink(missing_ok=True)
