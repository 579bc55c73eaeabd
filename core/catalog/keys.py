"""Keeps the keys of courses that share a code: the numbers in them follow the rows of a file, and rows move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

from core.catalog.corrections import History
from core.records import Course


def keep_keys(
    courses: Sequence[Course], known: Sequence[Course], histories: Mapping[str, History]
) -> tuple[Course, ...]:
    """The courses of a file, those that share a code under the keys that their titles had in the catalog before.

    `known` are all courses that the catalog ever had, `histories` what those that a person edited said earlier. A
    course with a title that is new among those of its code takes the place of one that the file has no more, where
    its own number is that one's; else it gets a number that none had.
    """
    shared = {course.code for course in (*courses, *known) if course.code and course.course_key != course.code}
    kept = _kept(courses, _keys_by_title(known, histories), shared)
    taken = set(kept.values())
    gone = {course.course_key for course in known if not course.is_active}
    used = {course.course_key for course in (*courses, *known)}
    numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(2))
    result = []
    for position, course in enumerate(courses):
        key = kept.get(position, course.course_key)
        if position not in kept and (key in taken or (course.code in shared and key in gone)):
            names = (f"{course.code}#{number}" for number in numbers[course.code])
            key = next(name for name in names if name not in used)
        result.append(course if key == course.course_key else replace(course, course_key=key))
    return tuple(result)


def _keys_by_title(
    known: Sequence[Course], histories: Mapping[str, History]
) -> Mapping[tuple[str, str], Sequence[str]]:
    """By code and title: the keys of the courses that say so now, before those that are gone or said so earlier."""
    keys: dict[tuple[str, str], list[str]] = defaultdict(list)
    for course in sorted(known, key=lambda course: not course.is_active):
        keys[_identity(course)].append(course.course_key)
    for key, history in histories.items():
        for course, _ in history:
            keys[_identity(course)].append(key)
    return keys


def _kept(courses: Sequence[Course], keys: Mapping[tuple[str, str], Sequence[str]], shared: set[str]) -> dict[int, str]:
    """The keys, each once, of the courses at these positions that were there before."""
    left = {identity: iter(listed) for identity, listed in keys.items()}
    kept: dict[int, str] = {}
    taken: set[str] = set()
    for position, course in enumerate(courses):
        if course.code in shared:
            key = next((key for key in left.get(_identity(course), ()) if key not in taken), None)
            if key is not None:
                kept[position] = key
                taken.add(key)
    return kept


def _identity(course: Course) -> tuple[str, str]:
    return course.code, course.title.casefold()
