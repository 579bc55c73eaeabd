"""Compares two terms of a catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.records import Course

_COMPARED_FIELDS = (
    "title",
    "title_en",
    "department",
    "category",
    "level",
    "credits",
    "language",
    "description",
    "prerequisites",
)
_TELLING_DESCRIPTION = 60  # characters; a shorter text says too little to recognise a course by


@dataclass(frozen=True, slots=True)
class CatalogDiff:
    """What a new upload changes; pairs are (old, new)."""

    added: tuple[Course, ...]
    changed: tuple[tuple[Course, Course], ...]  # same key and title, other content
    renamed: tuple[tuple[Course, Course], ...]  # the same course under another title or code
    removed: tuple[Course, ...]
    unchanged: tuple[Course, ...]  # as the new upload has them

    @property
    def new_keys(self) -> dict[str, str]:
        """Old key -> new key of the courses that are under another key now."""
        pairs = ((old.course_key, new.course_key) for old, new in self.renamed)
        return {old: new for old, new in pairs if old != new}


def compare_catalogs(old: Sequence[Course], new: Sequence[Course]) -> CatalogDiff:
    """Which courses are new, changed, renamed, gone or the same.

    Courses are the same when their keys are. A course that is gone and one that is new are one renamed course when
    they alone share title and department, or else a description long enough to be telling.
    """
    before = {course.course_key: course for course in old}
    keys = {course.course_key for course in new}
    added, changed, renamed, unchanged = [], [], [], []
    for course in new:
        earlier = before.get(course.course_key)
        if earlier is None:
            added.append(course)
        elif earlier.title != course.title:
            renamed.append((earlier, course))
        elif earlier.content_hash != course.content_hash:
            changed.append((earlier, course))
        else:
            unchanged.append(course)
    removed = [course for course in old if course.course_key not in keys]
    for identity in (_by_title, telling_description):
        pairs = _pair(removed, added, identity)
        renamed.extend(pairs)
        gone = {earlier.course_key for earlier, _ in pairs}
        found = {course.course_key for _, course in pairs}
        removed = [course for course in removed if course.course_key not in gone]
        added = [course for course in added if course.course_key not in found]
    return CatalogDiff(tuple(added), tuple(changed), tuple(renamed), tuple(removed), tuple(unchanged))


def differing_fields(old: Course, new: Course) -> tuple[str, ...]:
    """The names of all fields in which two terms of one course differ, to be told."""
    return tuple(name for name in ("code", *_COMPARED_FIELDS, "kind") if getattr(old, name) != getattr(new, name))


def changed_fields(old: Course, new: Course) -> tuple[str, ...]:
    """As differing_fields, of the fields that people may correct."""
    return tuple(name for name in _COMPARED_FIELDS if getattr(old, name) != getattr(new, name))


def telling_description(course: Course) -> str:
    """What a course can be recognised by whatever its title and code: its description, '' when that is too short."""
    return course.description if len(course.description) >= _TELLING_DESCRIPTION else ""


def _by_title(course: Course) -> str:
    return f"{course.title.casefold()}\n{course.department.casefold()}"


def _pair(
    old: Sequence[Course], new: Sequence[Course], identity: Callable[[Course], str]
) -> list[tuple[Course, Course]]:
    """Pairs with equal identity, where nothing else on either side has it."""
    old_counts, new_counts = Counter(map(identity, old)), Counter(map(identity, new))
    by_identity = {identity(course): course for course in old if identity(course) and old_counts[identity(course)] == 1}
    return [
        (by_identity[identity(course)], course)
        for course in new
        if identity(course) in by_identity and new_counts[identity(course)] == 1
    ]
