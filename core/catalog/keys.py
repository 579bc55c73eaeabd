"""Keeps the keys of courses that share a code: the numbers in them follow the rows of a file, and rows move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    earlier = (replace(said, course_key=key) for key, history in histories.items() for said, _ in history)
    kept: dict[int, str] = {}
    for likelier in (filter(_is_active, known), known, earlier):
        _claim(kept, [course if course.code in shared else None for course in courses], likelier)
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


def _is_active(course: Course) -> bool:
    return course.is_active


def _claim(kept: dict[int, str], courses: Sequence[Course | None], known: Iterable[Course]) -> None:
    """Add to `kept` which key each course has that has none yet, by its position: that of a known one of its title."""
    keys: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in known:
        keys[_identity(each)].append(each.course_key)
    left = {identity: iter(listed) for identity, listed in keys.items()}
    taken = set(kept.values())
    for position, course in enumerate(courses):
        if course is None or position in kept:
            continue
        key = next((key for key in left.get(_identity(course), ()) if key not in taken), None)
        if key is not None:
            kept[position] = key
            taken.add(key)


def _identity(course: Course) -> tuple[str, str]:
    return course.code, course.title.casefold()
