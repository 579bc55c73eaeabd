"""A person corrects the fields of a course; the uploaded file stays as it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.access.actor import author, requires
from core.access.roles import Permission
from core.catalog.courses import content_hash
from core.catalog.text import clean_line, clean_text
from core.enhancement.triage import triage
from core.errors import CourseLiftError
from core.pipeline.application import Application
from core.pipeline.triage import read_thresholds
from core.records import Course

EDITABLE_FIELDS = (
    "title",
    "title_en",
    "department",
    "category",
    "level",
    "credits",
    "prerequisites",
    "language",
    "description",
)
_MAX_CHARACTERS = 20_000


@requires(Permission.REVIEW)
def edit_course(app: Application, course: Course, changes: Mapping[str, str], *, by: str) -> Course:
    """Store `changes` (field -> text) of a course as a new version and judge its description again.

    `course` is the course as the person saw it. Texts that were written for it become stale. Nothing is stored when
    nothing differs. Raises CourseLiftError for a field that cannot be edited, a text that is too long, a missing title
    or a course that a newer file removed, StorageError when somebody else changed the course meanwhile.
    """
    cleaned = {name: clean_text(text) if name == "description" else clean_line(text) for name, text in changes.items()}
    if unknown := set(cleaned) - set(EDITABLE_FIELDS):
        raise CourseLiftError("source.not_editable", field=min(unknown))
    if too_long := [name for name, text in cleaned.items() if len(text) > _MAX_CHARACTERS]:
        raise CourseLiftError("source.too_long", field=too_long[0], maximum=_MAX_CHARACTERS)
    edited = replace(course, **cleaned)  # type: ignore[arg-type]
    if not edited.title:
        raise CourseLiftError("source.no_title")
    edited = replace(edited, content_hash=content_hash(edited))
    if edited == course:
        return course
    with app.database.write():
        stored = app.catalogs.course(course.catalog_id, course.course_key)
        if not stored.is_active:
            raise CourseLiftError("source.removed_meanwhile", course=course.course_key)
        if stored.content_hash == edited.content_hash:  # somebody else wrote the same, or this click came twice
            return stored
        # Its other fields may come from a file that was imported since the person opened it.
        edited = replace(stored, **cleaned, content_hash=edited.content_hash)  # type: ignore[arg-type]
        app.catalogs.update_course(course.catalog_id, edited, author(by), expected_hash=course.content_hash)
        app.catalogs.save_triage(course.catalog_id, [triage(edited, read_thresholds(app))])
    app.mark_changed()
    return edited
