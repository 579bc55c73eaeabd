"""Students with what they took under the codes that the courses have now: a file says the codes of its own term."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import zip_longest

from core.pipeline.application import Application
from core.pipeline.courses import courses_of
from core.records import Student


def students_of(app: Application, catalog_id: str) -> list[Student]:
    """Every student, by pseudonym, as this catalog calls the courses that they took."""
    keys = _keys_now(app, catalog_id)
    return [_under_keys_now(student, keys) for student in app.students.all()]


def student_of(app: Application, catalog_id: str, student_id: str) -> Student:
    """One student by pseudonym, as this catalog calls the courses taken. Raises StorageError when there is none."""
    return _under_keys_now(app.students.get(student_id), _keys_now(app, catalog_id))


def _keys_now(app: Application, catalog_id: str) -> Mapping[str, str]:
    """Former key -> the key of the offered course that it became, over as many changes as there were."""

    def follow_all() -> dict[str, str]:
        renames = app.catalogs.renames(catalog_id)
        offered = {course.course_key for course in courses_of(app, catalog_id)} if renames else set()
        found = {old: _follow(old, renames, offered) for old in renames}
        return {old: new for old, new in found.items() if new != old}

    return app.cached(f"keys now {catalog_id}", app.changes, follow_all)


def _follow(key: str, renames: Mapping[str, str], offered: Collection[str]) -> str:
    """The first offered key on the way; `key` itself when the way ends before, or leads round."""
    seen, now = {key}, key
    while now not in offered:
        now = renames.get(now, key)
        if now in seen:
            return key
        seen.add(now)
    return now


def _under_keys_now(student: Student, keys: Mapping[str, str]) -> Student:
    """Taken under the old code and under the new one is taken once, on the day that stands first."""
    if keys.keys().isdisjoint(student.taken_course_keys):
        return student
    days: dict[str, str] = {}
    for key, day in zip_longest(student.taken_course_keys, student.taken_on, fillvalue=""):
        days.setdefault(keys.get(key, key), day)
    taken_on = tuple(days.values()) if student.taken_on else ()
    return replace(student, taken_course_keys=tuple(days), taken_on=taken_on)
