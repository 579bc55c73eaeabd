"""What people corrected in a catalog, and keeping it when a newer file still says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.catalog.comparison import changed_fields
from core.catalog.courses import content_hash
from core.records import Course

History = Sequence[tuple[Course, bool]]  # what a course said, oldest first, and whether a person made it say so


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of one course where a person's correction and a file differ."""

    course: Course  # as the file has it
    field: str
    kept: str
    in_file: str


def corrected_fields(history: History) -> dict[str, str]:
    """The fields that a person corrected, with what they wrote, as far as no later upload was let overrule it."""
    corrected: dict[str, str] = {}
    for (before, _), (after, is_edit) in pairwise(history):
        if is_edit:
            corrected |= {field: getattr(after, field) for field in changed_fields(before, after)}
        else:
            corrected = {field: text for field, text in corrected.items() if getattr(after, field) == text}
    return corrected


def keep_corrections(
    courses: Iterable[Course], histories: Mapping[str, History]
) -> tuple[tuple[Course, ...], tuple[Correction, ...]]:
    """The courses of a file with people's corrections in them, and where the file says otherwise.

    `histories` holds the courses that a person ever edited, by course key. A course is only touched where it differs.
    """
    kept: list[Course] = []
    corrections: list[Correction] = []
    for course in courses:
        differing = {
            field: text
            for field, text in corrected_fields(histories.get(course.course_key, ())).items()
            if getattr(course, field) != text
        }
        corrections += [Correction(course, field, text, getattr(course, field)) for field, text in differing.items()]
        corrected = replace(course, **differing)  # type: ignore[arg-type]
        kept.append(replace(corrected, content_hash=content_hash(corrected)) if differing else course)
    return tuple(kept), tuple(corrections)
