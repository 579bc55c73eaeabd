"""What people corrected in a catalog, and keeping it when a newer file still says otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.catalog.comparison import changed_fields, telling_description
from core.catalog.courses import content_hash
from core.records import Course

History = Sequence[tuple[Course, bool]]  # what a course said, oldest first, and whether a person made it say so


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of one course where a person's correction and a file differ."""

    course: Course  # as the file has it
    field: str
    kept: str  # what the person wrote
    in_file: str
    is_kept: bool = True  # False: another course stands under the key now, which keeps what the file says


def corrected_fields(history: History) -> dict[str, str]:
    """The fields that a person corrected, with what they wrote, as far as no later upload was let overrule it.

    Nothing is left of them where a later upload brought another course under the key.
    """
    corrected: dict[str, str] = {}
    for position, (after, is_edit) in enumerate(history[1:], start=1):
        if is_edit:
            before = history[position - 1][0]
            corrected |= {field: getattr(after, field) for field in changed_fields(before, after)}
        elif _is_same(after, history[:position]):
            corrected = {field: text for field, text in corrected.items() if getattr(after, field) == text}
        else:
            corrected = {}
    return corrected


def keep_corrections(
    courses: Sequence[Course], histories: Mapping[str, History]
) -> tuple[tuple[Course, ...], tuple[Correction, ...]]:
    """The courses of a file with people's corrections in them, and where the file says otherwise.

    `histories` holds the courses that a person ever edited, by course key. A course is only touched where it differs,
    and only if its title or description was its key's before: a code may be given to another course, and the numbers
    in the keys of repeated codes follow the order of the rows.
    """
    kept: list[Course] = []
    corrections: list[Correction] = []
    times = Counter(course.description for course in courses)
    for course in courses:
        history = histories.get(course.course_key, ())
        differing = {field: text for field, text in corrected_fields(history).items() if getattr(course, field) != text}
        is_kept = bool(differing) and _is_same(course, history, is_alone=times[course.description] == 1)
        corrections += [
            Correction(course, field, text, getattr(course, field), is_kept) for field, text in differing.items()
        ]
        corrected = replace(course, **differing)  # type: ignore[arg-type]
        kept.append(replace(corrected, content_hash=content_hash(corrected)) if is_kept else course)
    return tuple(kept), tuple(corrections)


def _is_same(course: Course, history: History, is_alone: bool = True) -> bool:
    """Whether a course bears a title, or `is_alone` with a telling description, that stands in a history."""
    titles = {earlier.title.casefold() for earlier, _ in history}
    descriptions = {telling_description(earlier) for earlier, _ in history} - {""}
    return course.title.casefold() in titles or (is_alone and course.description in descriptions)
