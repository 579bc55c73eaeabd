"""Personal data of students: known by pseudonyms; whoever sees their numbers or takes lists away is written down."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.access.actor import author, requires
from core.access.roles import Permission
from core.access.users import UserFile
from core.catalog.export_safety import escape_cell
from core.catalog.text import visible_line
from core.errors import AccessError, StorageError
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.export import ExportFormat, export_recommendations
from core.pipeline.settings import read_settings
from core.pipeline.students import StudentView
from core.storage.access_log import Access

ALL_STUDENTS = "*"
_SYNTHETIC_PREFIX = "SYN-"  # of every number in data/students_synthetic.csv


@dataclass(frozen=True, slots=True)
class LogState:
    """How the access log is, without what it says."""

    entries: int  # the number of the newest; 0: there is none
    seal: str  # of the newest; "": there is none
    broken: int | None  # the first entry that does not fit its seal
    missing: Sequence[int]  # numbers that only the journal has


def students_are_synthetic(app: Application) -> bool:
    """Whether the students are the invented ones of the sample."""
    some = [student.student_id for student in app.students.list(limit=1)]
    return any(number.startswith(_SYNTHETIC_PREFIX) for number in app.students.numbers(some).values())


def acting_name(app: Application) -> str:
    """The name of whoever is acting: who signed in, or whom the settings name at one's own machine."""
    return author(read_settings(app).actor)


def note_access(app: Application, action: str, student_ids: Sequence[str], reason: str = "") -> None:
    """Write down in the access log that whoever is acting does this with these students' data."""
    app.access_log.record(action, student_ids, acting_name(app), visible_line(reason))


def note_list(app: Application, student_ids: Sequence[str]) -> None:
    """Write down that whoever is acting sees these students in a list: departments, interests, no numbers."""
    note_access(app, "list", student_ids)


def note_look(app: Application, student_id: str) -> None:
    """Write down that whoever is acting looks at this student, under the pseudonym or not."""
    note_access(app, "look", [student_id])


def take_in_notes(app: Application) -> None:
    """Bring what was noted about sign-ins and the list of people into the access log."""
    app.access_log.take_in(UserFile(app.config.users_path).notes)


def log_state(app: Application) -> LogState:
    """How many entries the access log has and whether all are as they were written; for everybody."""
    newest = app.access_log.list(1)
    entries, seal = (newest[0].sequence, newest[0].entry_hash) if newest else (0, "")
    return LogState(entries, seal, app.access_log.first_broken(), app.access_log.missing())


@requires(Permission.READ_LOG)
def newest_entries(app: Application, limit: int) -> Sequence[Access]:
    """The newest entries of the access log first. Raises AccessError without the permission."""
    return app.access_log.list(limit)


@requires(Permission.SEE_STUDENTS)
def unmask(app: Application, student_ids: Sequence[str], reason: str) -> Mapping[str, str]:
    """The university's numbers behind these pseudonyms; the look is written down first.

    Raises AccessError without the permission or what `check_reason` asks for.
    """
    check_reason(app, reason)
    note_access(app, "unmask", student_ids, reason)
    return app.students.numbers(student_ids)


@requires(Permission.SEE_STUDENTS)
def find_by_number(app: Application, number: str, reason: str) -> str | None:
    """The pseudonym of the student with this number of the university, None when nobody has it.

    Written down in either case, without the number. Raises AccessError without the permission or a reason, or when the
    number is in the reason.
    """
    check_reason(app, reason, number)
    try:
        found = [app.students.id_of(number.strip())]
    except StorageError:
        found = []
    note_access(app, "find", found, reason)
    return found[0] if found else None


def find_student(app: Application, given: str) -> str:
    """The pseudonym of a student named by pseudonym or by the university's number.

    Raises StorageError when there is no such student.
    """
    try:
        return app.students.get(given).student_id
    except StorageError:
        return app.students.id_of(given)


@requires(Permission.SEE_STUDENTS)
def export_student(app: Application, view: StudentView, language: str, reason: str) -> bytes:
    """One student's list as CSV that opens right in Excel and holds no formulas; the export is written down.

    Raises AccessError without the permission or what `check_reason` asks for.
    """
    check_reason(app, reason)
    note_access(app, "export", [view.student.student_id], reason)
    t = Translator(language)
    columns = ("rank", "code", "course", "department", "score", "reasons")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([t(f"students.column_{name}") for name in columns])
    for place in view.recommendations:
        reasons = " · ".join(t.message(reason) for reason in place.reasons)
        texts = [escape_cell(text) for text in (place.course.code, place.course.title, place.course.department)]
        writer.writerow([place.rank, *texts, f"{place.score:.4f}", escape_cell(reasons)])
    return buffer.getvalue().encode("utf-8-sig")


@requires(Permission.SEE_STUDENTS)
def export_all_students(app: Application, catalog_id: str, format: ExportFormat, reason: str) -> bytes:
    """The stored lists of all students with the university's numbers; the export is written down.

    Raises AccessError without the permission or what `check_reason` asks for, RecommendationError when there is no
    stored run.
    """
    check_reason(app, reason)
    content = export_recommendations(app, catalog_id, format)
    note_access(app, "export", [ALL_STUDENTS], reason)
    return content


@requires(Permission.KEEP)
def take_backup(app: Application, path: Path) -> bytes:
    """A copy of the database, to be kept elsewhere. It holds everybody's data, so that it was taken is written down."""
    note_access(app, "download", [ALL_STUDENTS])
    return path.read_bytes()


def check_reason(app: Application, reason: str, number: str = "") -> None:
    """Raises AccessError for an empty reason, and for one with a student's number, or this one: the reason stays in the
    access log when the student goes.
    """
    line = visible_line(reason).casefold()
    if not line:
        raise AccessError("access.no_reason")
    for known in filter(None, [*app.students.numbers_in(line), number.strip().casefold()]):
        if re.search(rf"(?<![0-9a-z]){re.escape(known)}(?![0-9a-z])", line):
            raise AccessError("access.reason_names_student")
