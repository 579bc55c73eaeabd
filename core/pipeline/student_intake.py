"""Student intake: the same care as the catalog's."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.access.actor import requires
from core.access.roles import Permission
from core.catalog.mapping import ColumnMapping, propose_student_mapping, table_shape
from core.catalog.students import StudentIntake, build_students
from core.catalog.tables import Table
from core.catalog.taken import comparable
from core.errors import IntakeError
from core.pipeline.application import Application
from core.pipeline.file_reading import read_file
from core.pipeline.intake import Upload, read_upload
from core.records import Course, Problem

_KIND = "students"


@dataclass(frozen=True, slots=True)
class StudentPreview:
    """What a file of students would bring, before anything is stored."""

    upload: Upload
    table: Table
    mapping: ColumnMapping
    was_remembered: bool
    intake: StudentIntake
    stored_students: int  # how many the import would replace
    last_upload: str | None  # that students came with when this was read; None before the first

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything worth telling about the file and its rows."""
        return self.intake.problems


@dataclass(frozen=True, slots=True)
class StudentImport:
    """What an import of students did."""

    students: int
    departments: int
    interests: int  # distinct
    problems: tuple[Problem, ...]
    seconds: float


def preview_students(
    app: Application,
    source: bytes | Path,
    file_name: str,
    *,
    catalog_id: str | None = None,
    mapping: ColumnMapping | None = None,
) -> StudentPreview:
    """Read a file of students in a child process and propose a mapping; history is matched with the catalog.

    Raises IntakeError when the file cannot be read at all, StorageError when the disk has too little space for it.
    """
    upload = read_upload(source, file_name)
    table = read_file(app, source, file_name)
    remembered = app.catalogs.recall_mapping(table_shape(table), _KIND)
    chosen = mapping or propose_student_mapping(table, remembered)
    was_remembered = mapping is None and remembered is not None and dict(chosen.fields) == remembered
    return _preview(app, upload, table, chosen, was_remembered, catalog_id)


def remap_students(
    app: Application, preview: StudentPreview, mapping: ColumnMapping, *, catalog_id: str | None = None
) -> StudentPreview:
    """The same file under another mapping, without reading it again."""
    was_remembered = preview.was_remembered and mapping == preview.mapping
    changed = _preview(app, preview.upload, preview.table, mapping, was_remembered, catalog_id)
    return replace(changed, stored_students=preview.stored_students, last_upload=preview.last_upload)


@requires(Permission.MANAGE_STUDENTS)
def apply_students(app: Application, preview: StudentPreview) -> StudentImport:
    """Store the previewed students in place of the present ones, and the mapping for the next file of this shape.

    The file itself is not kept, nor its name: they may say more about people than is needed here, and nothing reads
    them again.
    Raises IntakeError when the preview holds no student, or when students came from elsewhere since it was made: who
    would be replaced is not what it said.
    """
    started = time.perf_counter()
    students = preview.intake.students
    upload = preview.upload
    if not students:
        raise IntakeError("pipeline.error.no_students", file=upload.file_name)
    with app.database.write():
        if app.catalogs.last_upload_of_students() != preview.last_upload:
            raise IntakeError("pipeline.error.students_meanwhile")
        upload_id = app.catalogs.save_upload(upload.content_hash, "", len(upload.content), _KIND, "")
        app.catalogs.remember_mapping(table_shape(preview.table), _KIND, preview.mapping.fields)
        app.students.replace_all(students, upload_id)
    app.mark_changed()
    return StudentImport(
        students=len(students),
        departments=len({student.department for student in students if student.department}),
        interests=len({interest for student in students for interest in student.interests}),
        problems=preview.problems,
        seconds=time.perf_counter() - started,
    )


def _preview(
    app: Application,
    upload: Upload,
    table: Table,
    mapping: ColumnMapping,
    was_remembered: bool,
    catalog_id: str | None,
) -> StudentPreview:
    last_upload, stored = app.catalogs.last_upload_of_students(), app.students.count()
    intake = build_students(table, mapping, _known_courses(app, catalog_id))
    return StudentPreview(upload, table, mapping, was_remembered, intake, stored, last_upload)


def _known_courses(app: Application, catalog_id: str | None) -> dict[str, str]:
    """What a history may call a course -> its key; courses that are offered come before those that were."""
    courses = app.catalogs.courses(catalog_id, active_only=False) if catalog_id else []
    offered = [course for course in courses if course.is_active]
    taken = {comparable(name) for course in offered for name in (course.title, course.code)}
    former = _names([course for course in courses if not course.is_active])
    return {name: key for name, key in former.items() if comparable(name) not in taken} | _names(offered)


def _names(courses: Sequence[Course]) -> dict[str, str]:
    """A title that several courses share names none of them, however each spells it, and so does a code of topics."""
    titles = Counter(comparable(course.title) for course in courses)
    known = {course.title: course.course_key for course in courses if titles[comparable(course.title)] == 1}
    topics: dict[str, set[str]] = defaultdict(set)
    for course in courses:
        topics[course.code].add(comparable(course.title))
    plain = [course for course in courses if course.code and len(topics[course.code]) == 1]
    known |= {course.code: course.course_key for course in reversed(plain)}  # the first of several sections
    shared = {code for code, names in topics.items() if len(names) > 1}
    return known | {course.course_key: course.course_key for course in courses if course.course_key not in shared}
