"""Catalogs, their uploads and imports, courses with every version, remembered column mappings, triage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from core.errors import StorageError
from core.records import Catalog, Course, DescriptionStatus, Triage
from core.storage.connection import Database
from core.storage.conversion import (
    from_json,
    from_stored_time,
    insert_columns,
    new_id,
    now,
    to_json,
    to_stored_time,
)
from core.storage.course_rows import add_versions, course_from_json, course_of_row, put_courses
from core.storage.decisions import follow_sources
from core.storage.queries import catalogs as queries
from core.storage.renaming import bring_along


@dataclass(frozen=True, slots=True)
class CatalogImport:
    """One upload taken into a catalog."""

    import_id: str
    upload_id: str
    file_name: str
    imported_at: datetime
    counts: Mapping[str, int]  # of the comparison: added, changed, removed, ...


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """One uploaded file, kept as it came."""

    upload_id: str
    content_hash: str  # SHA-256, hexadecimal
    file_name: str  # as the person called it
    stored_path: str  # where it was put


@dataclass(frozen=True, slots=True)
class CourseVersion:
    """What a course said from one moment on."""

    course: Course
    saved_at: datetime
    saved_by: str  # who edited it; '' for an upload
    is_edit: bool  # made by a person here, not by an upload


Catalogs = list[Catalog]  # the method `list` hides the type's own name inside the class


class CatalogStore:
    """Reads and writes everything that comes from a catalog file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, is_sample: bool = False) -> Catalog:
        """A new, empty catalog. Raises StorageError when the name is taken."""
        catalog = Catalog(new_id(), name, now(), is_sample=is_sample)
        with self._database.write() as cursor:
            if self.find_by_name(name) is not None:
                raise StorageError("storage.catalog_name_taken", name=name)
            values = [catalog.catalog_id, name, is_sample, to_stored_time(catalog.created_at)]
            cursor.execute(queries.ADD_CATALOG, values)
        return catalog

    def list(self) -> Catalogs:
        """All catalogs, oldest first, with the number of their active courses."""
        return [_catalog(row) for row in self._database.fetch(queries.LIST_CATALOGS)]

    def get(self, catalog_id: str) -> Catalog:
        """One catalog. Raises StorageError when there is none."""
        row = self._database.fetch_one(queries.GET_CATALOG, [catalog_id])
        if row is None:
            raise StorageError("storage.no_catalog", catalog_id=catalog_id)
        return _catalog(row)

    def find_by_name(self, name: str) -> Catalog | None:
        """The catalog called exactly `name`, None when there is none."""
        row = self._database.fetch_one(queries.FIND_CATALOG, [name])
        return None if row is None else _catalog(row)

    def save_upload(self, content_hash: str, file_name: str, size: int, kind: str, stored_path: str) -> str:
        """Note an uploaded file: SHA-256, name, bytes, "catalog" or "students", where it lies. Returns its id."""
        upload_id = new_id()
        values = [upload_id, content_hash, file_name, size, kind, str(stored_path), to_stored_time(now())]
        with self._database.write() as cursor:
            cursor.execute(queries.ADD_UPLOAD, values)
        return upload_id

    def uploads(self) -> StoredUploads:
        """Every uploaded file that is kept, oldest first. Files of students are not."""
        return [StoredUpload(*row) for row in self._database.fetch(queries.LIST_UPLOADS)]

    def files_of_students(self) -> Paths:
        """Where files of students lie that were kept by an earlier version, and are no catalog's."""
        return [row[0] for row in self._database.fetch(queries.FILES_OF_STUDENTS)]

    def last_upload_of_students(self) -> str | None:
        """The upload that students came with last; None before the first."""
        row = self._database.fetch_one(queries.LAST_UPLOAD_OF_STUDENTS)
        return None if row is None else str(row[0])

    def forget_files_of_students(self) -> None:
        """Note that no file of students is kept; what an earlier version kept of their names may be people's."""
        with self._database.write() as cursor:
            cursor.execute(queries.FORGET_FILES_OF_STUDENTS)

    def apply_import(
        self,
        catalog_id: str,
        upload_id: str,
        courses: Sequence[Course],
        diff_counts: Mapping[str, int],
        renamed: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Make `courses` the catalog's active courses, in one transaction. Returns the import's id.

        Courses that are not among them become inactive. Each course that is new or says something else gets a new
        version; texts of courses whose content hash changed become stale, or stand again if it is what it was.
        `renamed` says which new key a course has in place of its old one: its versions and texts go with it.
        Raises StorageError when two courses have one key (DuckDB would keep the first and say nothing).
        """
        _refuse_duplicates(courses)
        import_id = new_id()
        with self._database.write() as cursor:
            old = {course.course_key: course for course in self.courses(catalog_id, active_only=False)}
            new = {course.course_key: replace(course, catalog_id=catalog_id, is_active=True) for course in courses}
            gone = [
                replace(course, is_active=False) for key, course in old.items() if course.is_active and key not in new
            ]
            differing = [course for course in new.values() if old.get(course.course_key) != course]
            put_courses(cursor, differing + gone)
            bring_along(cursor, catalog_id, renamed)
            add_versions(cursor, [course for course in differing if _says_more(course, old)] + gone, import_id)
            changed = [course.course_key for course in differing if _source_changed(course, old)]
            follow_sources(cursor, catalog_id, [*changed, *renamed.values()])
            values = [import_id, catalog_id, upload_id, to_stored_time(now()), to_json(diff_counts)]
            cursor.execute(queries.ADD_IMPORT, values)
        return import_id

    def courses(self, catalog_id: str, active_only: bool = True) -> Courses:
        """The courses in the order of the newest file."""
        query = queries.ACTIVE_COURSES if active_only else queries.ALL_COURSES
        return [course_of_row(row) for row in self._database.fetch(query, [catalog_id])]

    def course(self, catalog_id: str, key: str) -> Course:
        """One course. Raises StorageError when there is none."""
        row = self._database.fetch_one(queries.GET_COURSE, [catalog_id, key])
        if row is None:
            raise StorageError("storage.no_course", course=key)
        return course_of_row(row)

    def renames(self, catalog_id: str) -> dict[str, str]:
        """Old course key -> the key that the newest file to change it gave the course."""
        return dict(self._database.fetch(queries.RENAMES, [catalog_id]))

    def update_course(self, catalog_id: str, course: Course, by: str = "", expected_hash: str | None = None) -> None:
        """Store a person's edit of a course as a new version; texts written for its old fields become stale.

        `course.content_hash` must be that of the edited fields. Raises StorageError when there is no such course, or
        when its content hash is not `expected_hash` any more, because somebody else changed it meanwhile.
        """
        edited = replace(course, catalog_id=catalog_id)
        with self._database.write() as cursor:
            before = self.course(catalog_id, course.course_key)
            if expected_hash not in (None, before.content_hash):
                raise StorageError("storage.course_changed_meanwhile", course=course.course_key)
            put_courses(cursor, [edited])
            add_versions(cursor, [edited], None, by)
            if _source_changed(edited, {course.course_key: before}):
                follow_sources(cursor, catalog_id, [edited.course_key], by)

    def versions(self, catalog_id: str, key: str) -> Versions:
        """What a course said over time, newest first."""
        return [
            CourseVersion(course_from_json(course), from_stored_time(moment), by, is_edit)
            for course, moment, by, is_edit in self._database.fetch(queries.COURSE_VERSIONS, [catalog_id, key])
        ]

    def edited_keys(self, catalog_id: str) -> set[str]:
        """The courses whose fields a person has edited here."""
        return {row[0] for row in self._database.fetch(queries.EDITED_KEYS, [catalog_id])}

    def edited_histories(self, catalog_id: str) -> Histories:
        """What the courses that a person has edited said, oldest first, and whether a person made them say so."""
        histories: Histories = defaultdict(list)
        for key, text, is_edit in self._database.fetch(queries.EDITED_HISTORIES, [catalog_id, catalog_id]):
            histories[key].append((course_from_json(text), is_edit))
        return histories

    def sources(self, catalog_id: str) -> dict[tuple[str, str], Course]:
        """What the courses of a catalog said over time, by course key and content hash."""
        rows = self._database.fetch(queries.SOURCES, [catalog_id])
        return {(key, content_hash): course_from_json(text) for key, content_hash, text in rows}

    def imports(self, catalog_id: str) -> Imports:
        """The uploads taken in, newest first."""
        rows = self._database.fetch(queries.LIST_IMPORTS, [catalog_id])
        return [
            CatalogImport(import_id, upload_id, file_name, from_stored_time(moment), from_json(counts))
            for import_id, upload_id, file_name, moment, counts in rows
        ]

    def remember_mapping(self, shape: str, kind: str, mapped: Mapping[str, str]) -> None:
        """Keep which column is which field (`mapped`: field -> column) for files of this `shape` and `kind`."""
        with self._database.write() as cursor:
            cursor.execute(queries.PUT_MAPPING, [shape, kind, to_json(mapped), to_stored_time(now())])

    def recall_mapping(self, shape: str, kind: str) -> dict[str, str] | None:
        """The mapping remembered for files of this shape and kind."""
        row = self._database.fetch_one(queries.GET_MAPPING, [shape, kind])
        return None if row is None else dict(from_json(row[0]))

    def save_triage(self, catalog_id: str, verdicts: Sequence[Triage]) -> None:
        """Store the newest verdict of each course."""
        if not verdicts:
            return
        columns = {
            "catalog_id": [catalog_id] * len(verdicts),
            "course_key": [verdict.course_key for verdict in verdicts],
            "status": [verdict.status.value for verdict in verdicts],
            "reason": [to_json(verdict.reason) for verdict in verdicts],
            "judged_at": [to_stored_time(now())] * len(verdicts),
        }
        with self._database.write() as cursor:
            insert_columns(cursor, queries.PUT_TRIAGE, columns)

    def triage(self, catalog_id: str) -> dict[str, Triage]:
        """The verdicts by course key."""
        rows = self._database.fetch(queries.GET_TRIAGE, [catalog_id])
        return {key: Triage(key, DescriptionStatus(status), from_json(reason)) for key, status, reason in rows}


Courses = list[Course]
Versions = list[CourseVersion]
Histories = dict[str, list[tuple[Course, bool]]]
Imports = list[CatalogImport]
Paths = list[str]
StoredUploads = list[StoredUpload]


def _refuse_duplicates(courses: Sequence[Course]) -> None:
    seen: dict[str, Course] = {}
    for course in courses:
        first = seen.setdefault(course.course_key, course)
        if first is not course:
            rows = {"first": first.row_number, "second": course.row_number}
            raise StorageError("storage.duplicate_course", course=course.course_key, **rows)


def _source_changed(course: Course, old: Mapping[str, Course]) -> bool:
    before = old.get(course.course_key)
    return before is not None and before.content_hash != course.content_hash


def _says_more(course: Course, old: Mapping[str, Course]) -> bool:
    """Whether more than the course's place in the file is new."""
    before = old.get(course.course_key)
    return before is None or replace(before, row_number=course.row_number) != course


def _catalog(row: tuple[Any, ...]) -> Catalog:
    catalog_id, name, created_at, course_count, is_sample = row
    return Catalog(catalog_id, name, from_stored_time(created_at), course_count, is_sample)
