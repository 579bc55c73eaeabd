"""The students who receive recommendations: pseudonymous ids, departments, interests, history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from core.errors import StorageError
from core.records import Student
from core.storage.connection import Database
from core.storage.conversion import from_json, insert_columns, to_json
from core.storage.queries import students as queries

Students = list[Student]  # the method `list` hides the type's own name inside the class


@dataclass(frozen=True, slots=True)
class StudentCounts:
    """What storing a file of students changed."""

    added: int
    changed: int
    unchanged: int
    removed: int


class StudentStore:
    """Reads and writes students."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace_all(self, students: Sequence[Student], upload_id: str | None = None) -> StudentCounts:
        """Make `students` the only ones, in one transaction. Raises StorageError when an id is there twice."""
        return self._store(students, upload_id, remove_others=True)

    def upsert(self, students: Sequence[Student], upload_id: str | None = None) -> StudentCounts:
        """Add or change `students` and leave the others. Raises StorageError when an id is there twice."""
        return self._store(students, upload_id, remove_others=False)

    def list(
        self, search: str = "", department: str | None = None, limit: int | None = None, offset: int = 0
    ) -> Students:
        """Students by id; `search` is looked for in id, department and interests, without regard to case."""
        parameters = {**_filter(search, department), "limit": limit, "offset": offset}
        with self._database.read() as cursor:
            return [_student(row) for row in cursor.execute(queries.LIST, parameters).fetchall()]

    def count(self, search: str = "", department: str | None = None) -> int:
        """How many students `list` would find without a limit."""
        with self._database.read() as cursor:
            return int(cursor.execute(queries.COUNT, _filter(search, department)).fetchall()[0][0])

    def get(self, student_id: str) -> Student:
        """One student. Raises StorageError when there is none."""
        row = self._database.fetch_one(queries.GET, [student_id])
        if row is None:
            raise StorageError("storage.no_student", student_id=student_id)
        return _student(row)

    def all(self) -> Students:
        """Every student, by id."""
        return [_student(row) for row in self._database.fetch(queries.ALL)]

    def departments(self) -> dict[str, int]:
        """The departments of the students and how many are in each, by name."""
        return dict(self._database.fetch(queries.DEPARTMENTS))

    def interests(self) -> dict[str, int]:
        """The interests of the students and how many have each, by name."""
        return dict(self._database.fetch(queries.INTERESTS))

    def _store(self, students: Sequence[Student], upload_id: str | None, remove_others: bool) -> StudentCounts:
        new = {student.student_id: student for student in students}
        if len(new) != len(students):
            raise StorageError("storage.duplicate_students", count=len(students) - len(new))
        with self._database.write() as cursor:
            old = {student.student_id: student for student in self.all()}
            differing = [student for key, student in new.items() if old.get(key) != student]
            gone = [key for key in old if key not in new] if remove_others else []
            if differing:
                insert_columns(cursor, queries.PUT, _columns(differing, upload_id))
            if gone:
                cursor.execute(queries.REMOVE, [gone])
        added = len(new.keys() - old.keys())
        return StudentCounts(added, len(differing) - added, len(new) - len(differing), len(gone))


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
        "extra": [to_json(student.extra) for student in students],
        "upload_id": [upload_id] * len(students),
    }


def _student(row: tuple[Any, ...]) -> Student:
    student_id, department, year, interests, taken, extra = row
    return Student(student_id, department, year, tuple(interests), tuple(taken), from_json(extra))
