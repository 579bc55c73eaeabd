"""Deleting what is known about students: for good, everywhere, with a record that does not say whose it was.

What goes: the student, their number, their places in all stored lists, interests that nobody else has with their
vectors and the runs that embedded them, files of students that an earlier version kept. Then the database file is
written anew, because deleted rows stay readable in its free blocks, and every copy made before (backups, databases
that were set aside) gives way to one made after. Copies that people downloaded are out of reach.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.access.actor import current_actor, requires
from core.access.roles import Permission
from core.catalog.text import visible_line
from core.embedding.texts import label_text, text_hash
from core.errors import AccessError, JobError, StorageError
from core.jobs.spec import JobSpec
from core.jobs.supervisor import Supervisor
from core.pipeline.application import Application
from core.pipeline.student_access import acting_name, note_access
from core.storage.backup import create_backup
from core.storage.student_store import Deletion

MIN_DAYS = 1


@dataclass(frozen=True, slots=True)
class _Traces:
    """What only these students left behind."""

    texts: tuple[str, ...]  # hashes of interests and departments
    jobs: tuple[str, ...]  # that embedded them


def unseen_students(app: Application, days: int) -> tuple[str, ...]:
    """Pseudonyms of students who are not in the newest upload, and were in none for so many days."""
    return tuple(app.students.unseen_since(datetime.now(UTC) - timedelta(days=max(days, MIN_DAYS))))


@requires(Permission.MANAGE_STUDENTS)
def delete_unseen(app: Application, days: int, reason: str) -> Deletion | None:
    """Delete all `unseen_students`; None when there are none. The run is written down in either case.

    Raises what `delete_students` raises.
    """
    chosen = unseen_students(app, days)
    _check_reason(app, chosen, reason)
    note_access(app, "retention", chosen, f"{days} d, {len(chosen)}: {reason}")
    return delete_students(app, chosen, reason) if chosen else None


@requires(Permission.MANAGE_STUDENTS)
def delete_students(app: Application, student_ids: Sequence[str], reason: str) -> Deletion:
    """Delete all traces of these students (pseudonyms) and return the record of it. Doing it again is harmless.

    Raises AccessError without the permission or a reason that names none of them by number, StorageError when nobody
    is known under them, JobError while a run holds their interests.
    """
    _check_reason(app, student_ids, reason)
    known = list(app.students.numbers(student_ids))
    if not known:
        raise StorageError("deletion.nobody")
    traces = _find_traces(app, known)
    if any(job.job_id in traces.jobs for job in app.jobs.active()):
        raise JobError("deletion.job_running")
    uploads = app.catalogs.files_of_students()
    for path in (*(app.config.jobs_folder / job_id for job_id in traces.jobs), *_uploads(app, uploads)):
        _remove(path)
    with app.database.write():
        counts = {
            "places": app.recommendations.forget_students(known),
            "students": app.students.forget(known),
            "vectors": app.embeddings.forget(traces.texts),
            "jobs": len(traces.jobs),
            "uploads": len(uploads),
        }
        app.jobs.forget(traces.jobs)
        app.catalogs.forget_files_of_students()
        app.students.note_deletion(acting_name(app), visible_line(reason), counts)
    note_access(app, "delete", known, reason)
    app.mark_changed()
    finish_deletions(app)
    return app.students.deletions()[0]


@requires(Permission.MANAGE_STUDENTS)
def finish_deletions(app: Application) -> None:
    """Remove what deleted rows leave in files; also what an interrupted deletion left to do.

    A new backup comes before the old ones go, so that there is always one; the last one knows that all is done.
    Raises StorageError.
    """
    app.database.rewrite()
    _keep_only(app, create_backup(app.database))
    app.students.finish_deletions()
    _keep_only(app, create_backup(app.database))


def deletions(app: Application) -> tuple[Deletion, ...]:
    """The records of all deletions, newest first; who deleted, and why, only for those who may read the access log."""
    records = tuple(app.students.deletions())
    if current_actor().may(Permission.READ_LOG):
        return records
    return tuple(replace(record, actor="", reason="") for record in records)


def _check_reason(app: Application, student_ids: Sequence[str], reason: str) -> None:
    """Raises AccessError for an empty reason, and for one with a number of those who go: the reason stays."""
    line = visible_line(reason).casefold()
    if not line:
        raise AccessError("access.no_reason")
    for number in app.students.numbers(student_ids).values():
        if re.search(rf"(?<![0-9a-z]){re.escape(number.casefold())}(?![0-9a-z])", line):
            raise AccessError("deletion.reason_names_student")


def _find_traces(app: Application, student_ids: Sequence[str]) -> _Traces:
    """Interests and departments that no other student and no course has."""
    leaving = set(student_ids)
    staying = [student for student in app.students.all() if student.student_id not in leaving]
    kept = {name for student in staying for name in (*student.interests, student.department)}
    for catalog in app.catalogs.list():
        kept |= {course.department for course in app.catalogs.courses(catalog.catalog_id, active_only=False)}
    texts = _embedded_names(app) - {text_hash(label_text(name), "query") for name in kept}
    return _Traces(tuple(texts), tuple(app.jobs.with_items(texts)))


def _embedded_names(app: Application) -> set[str]:
    """Hashes of all departments and interests that any run embedded, of people who have left too."""
    found = {text_hash(label_text(name), "query") for name in (*app.students.interests(), *app.students.departments())}
    for job_id in Supervisor(app.config).job_ids():
        with suppress(JobError):  # a damaged folder says nothing
            spec = JobSpec.load(app.config.jobs_folder / job_id)
            found |= {item.key for item in spec.items if item.role == "query"}
    return found


def _uploads(app: Application, stored_paths: Sequence[str]) -> list[Path]:
    """The files by their place in this state folder, which may have moved since."""
    return [app.config.uploads_folder / Path(path).name for path in stored_paths]


def _keep_only(app: Application, made: Path) -> None:
    """Take away every other copy of the database: backups, and databases that were set aside, with their logs."""
    database = app.config.database_path
    aside = [path for path in database.parent.glob(f"{database.name}.*") if path.name != f"{database.name}.wal"]
    backups = [path for path in app.config.backups_folder.iterdir() if path != made]
    for path in (*aside, *backups):
        if path.is_file():
            path.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
