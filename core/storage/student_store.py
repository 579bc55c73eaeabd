"""The students who receive recommendations: departments, interests, history, all under a pseudonym.

Only the table `student_identities` knows which pseudonym stands for which number of the university. Pseudonyms are
random, stay the same from upload to upload, and are gone for good with the row that explains them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from core.errors import StorageError
from core.records import Student
from core.storage.connection import Database
from core.storage.conversion import (
    from_json,
    from_optional_time,
    from_stored_time,
    insert_columns,
    new_id,
    now,
    to_json,
    to_stored_time,
)
from core.storage.queries import students as queries

Ids = list[str]
Numbers = list[str]
Students = list[Student]  # the method `list` hides the type's own name inside the class


@dataclass(frozen=True, slots=True)
class StudentCounts:
    """What storing a file of students changed."""

    added: int
    changed: int
    unchanged: int
    removed: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was deleted about students at one time; nobody can tell any more about whom."""

    deletion_id: str
    deleted_at: datetime
    actor: str
    reason: str
    counts: Mapping[str, int]  # "students", "places", "vectors", "jobs", "uploads"
    finished_at: datetime | None  # None: files may still hold traces


Deletions = list[Deletion]


class StudentStore:
    """Reads and writes students."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace_all(self, students: Sequence[Student], upload_id: str | None = None) -> StudentCounts:
        """Make `students`, who come with the university's numbers, the only ones, in one transaction.

        Raises StorageError when a number is there twice.
        """
        return self._store(students, upload_id, remove_others=True)

    def upsert(self, students: Sequence[Student], upload_id: str | None = None) -> StudentCounts:
        """Add or change `students`, who come with the university's numbers, and leave the others.

        Raises StorageError when a number is there twice.
        """
        return self._store(students, upload_id, remove_others=False)

    def list(
        self, search: str = "", department: str | None = None, limit: int | None = None, offset: int = 0
    ) -> Students:
        """Students by pseudonym; `search` is looked for in it, department and interests, without regard to case."""
        parameters = {**_filter(search, department), "limit": limit, "offset": offset}
        with self._database.read() as cursor:
            return [_student(row) for row in cursor.execute(queries.LIST, parameters).fetchall()]

    def count(self, search: str = "", department: str | None = None) -> int:
        """How many students `list` would find without a limit."""
        with self._database.read() as cursor:
            return int(cursor.execute(queries.COUNT, _filter(search, department)).fetchall()[0][0])

    def get(self, student_id: str) -> Student:
        """One student by pseudonym. Raises StorageError when there is none."""
        row = self._database.fetch_one(queries.GET, [student_id])
        if row is None:
            raise StorageError("storage.no_student", student_id=student_id)
        return _student(row)

    def all(self) -> Students:
        """Every student, by pseudonym."""
        return [_student(row) for row in self._database.fetch(queries.ALL)]

    def id_of(self, number: str) -> str:
        """The pseudonym of a university's number. Raises StorageError when nobody has it."""
        row = self._database.fetch_one(queries.FIND_NUMBER, [number])
        if row is None:
            raise StorageError("storage.no_student", student_id=number)
        return str(row[0])

    def numbers(self, student_ids: Sequence[str]) -> dict[str, str]:
        """The university's numbers behind pseudonyms; those that nobody knows any more are left out."""
        return dict(self._database.fetch(queries.NUMBERS, [list(student_ids)]))

    def numbers_in(self, text: str) -> Numbers:
        """The university's numbers that a text in lower case holds, in lower case too."""
        return [row[0] for row in self._database.fetch(queries.NUMBERS_IN, [text])]

    def unseen_since(self, moment: datetime) -> Ids:
        """Pseudonyms of students who are not in the newest upload, nor in any since `moment`."""
        return [row[0] for row in self._database.fetch(queries.UNSEEN_SINCE, [to_stored_time(moment)])]

    def forget(self, student_ids: Sequence[str]) -> int:
        """Delete students and what says who they are; returns how many were known."""
        with self._database.write() as cursor:
            cursor.execute(queries.REMOVE, [list(student_ids)])
            return int(cursor.execute(queries.FORGET, [list(student_ids)]).fetchall()[0][0])

    def note_deletion(self, actor: str, reason: str, counts: Mapping[str, int]) -> str:
        """Write down a deletion whose traces in files are still to be removed; returns its id."""
        deletion_id = new_id()
        with self._database.write() as cursor:
            cursor.execute(queries.ADD_DELETION, [deletion_id, to_stored_time(now()), actor, reason, to_json(counts)])
        return deletion_id

    def finish_deletions(self, deletion_ids: Sequence[str]) -> None:
        """Note that no file holds traces of these deletions' students any more."""
        with self._database.write() as cursor:
            cursor.execute(queries.FINISH_DELETIONS, [to_stored_time(now()), list(deletion_ids)])

    def deletions(self) -> Deletions:
        """What was deleted, newest first."""
        return [_deletion(row) for row in self._database.fetch(queries.LIST_DELETIONS)]

    def departments(self) -> dict[str, int]:
        """The departments of the students and how many are in each, by name."""
        return dict(self._database.fetch(queries.DEPARTMENTS))

    def interests(self) -> dict[str, int]:
        """The interests of the students and how many have each, by name."""
        return dict(self._database.fetch(queries.INTERESTS))

    def _store(self, students: Sequence[Student], upload_id: str | None, remove_others: bool) -> StudentCounts:
        twice = len(students) - len({student.student_id for student in students})
        if twice:
            raise StorageError("storage.duplicate_students", count=twice)
        with self._database.write() as cursor:
            new = {student.student_id: student for student in _under_pseudonyms(cursor, students)}
            old = {student.student_id: student for student in self.all()}
            differing = [student for key, student in new.items() if old.get(key) != student]
            gone = [key for key in old if key not in new] if remove_others else []
            if differing:
                insert_columns(cursor, queries.PUT, _columns(differing, upload_id))
            if gone:
                cursor.execute(queries.REMOVE, [gone])
        added = len(new.keys() - old.keys())
        return StudentCounts(added, len(differing) - added, len(new) - len(differing), len(gone))


def _under_pseudonyms(cursor: duckdb.DuckDBPyConnection, students: Sequence[Student]) -> Students:
    """The students with pseudonyms in the place of their numbers; a number that was never here gets a new one."""
    known = dict(cursor.execute(queries.IDENTITIES).fetchall())
    seen_at = to_stored_time(now())
    seen = [known[student.student_id] for student in students if student.student_id in known]
    fresh = {it.student_id: f"P-{secrets.token_hex(6).upper()}" for it in students if it.student_id not in known}
    if seen:
        cursor.execute(queries.SEEN, [seen_at, seen])
    if fresh:
        columns = {"student_id": list(fresh.values()), "number": list(fresh), "last_seen_at": [seen_at] * len(fresh)}
        insert_columns(cursor, queries.ADD_IDENTITIES, columns)
    ids = known | fresh
    return [replace(student, student_id=ids[student.student_id]) for student in students]


def _filter(search: str, department: str | None) -> dict[str, Any]:
    return {"search": search.strip().lower(), "department": department}


def _columns(students: Sequence[Student], upload_id: str | None) -> dict[str, Sequence[Any] | pa.Array]:
    texts = pa.list_(pa.string())
    return {
        "student_id": [student.student_id for student in students],
        "department": [student.department for student in students],
        "year": pa.array([student.year for student in students], pa.int32()),
        "interests": pa.array([list(student.interests) for student in students], texts),
        "taken_course_keys": pa.array([list(student.taken_course_keys) for student in students], texts),
        "taken_on": pa.array([list(student.taken_on) for student in students], texts),
        "upload_id": [upload_id] * len(students),
    }


def _student(row: tuple[Any, ...]) -> Student:
    student_id, department, year, interests, taken, taken_on = row
    return Student(student_id, department, year, tuple(interests), tuple(taken), tuple(taken_on))


def _deletion(row: tuple[Any, ...]) -> Deletion:
    deletion_id, deleted_at, actor, reason, counts, finished_at = row
    times = from_stored_time(deleted_at), from_optional_time(finished_at)
    return Deletion(deletion_id, times[0], actor, reason, from_json(counts), times[1])
