"""One student: find, list with reasons, why not this course, what if."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.config import DEFAULT_TOP_K
from core.pipeline.application import Application
from core.records import Contribution, Course, Message, Student


@dataclass(frozen=True, slots=True)
class StudentPage:
    """One page of a list of students."""

    students: tuple[Student, ...]
    total: int  # that match


@dataclass(frozen=True, slots=True)
class RecommendedCourse:
    """One place in a student's list, explained."""

    rank: int  # 1-based
    course: Course
    score: float
    contributions: tuple[Contribution, ...]  # amounts sum to the score
    reasons: tuple[Message, ...]
    cited_sentence: str  # of the course's text, nearest to the reason; "" when it has none
    citation_is_generated: bool  # the sentence was written by a model


@dataclass(frozen=True, slots=True)
class StudentView:
    """A student and the list they get."""

    student: Student
    taken: tuple[Course, ...]
    recommendations: tuple[RecommendedCourse, ...]
    weights: Mapping[str, float]
    run_id: str | None  # the stored run it comes from; None: computed now


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a course is not in a student's list."""

    course: Course
    reasons: tuple[Message, ...]
    rank: int | None  # among all eligible courses; None when it is not eligible
    score: float | None
    lowest_listed_score: float | None  # of the last place in the list
    contributions: tuple[Contribution, ...]


def find_students(
    app: Application, *, search: str = "", department: str | None = None, limit: int = 50, offset: int = 0
) -> StudentPage:
    """Students whose id begins with or contains the search text, in order of id."""
    raise NotImplementedError


def student_departments(app: Application) -> tuple[str, ...]:
    """All departments that students have, in alphabetical order."""
    raise NotImplementedError


def student_view(app: Application, catalog_id: str, student_id: str) -> StudentView:
    """A student with the stored list of the newest run and its reasons.

    Raises RecommendationError when there is no such student.
    """
    raise NotImplementedError


def why_not(app: Application, catalog_id: str, student_id: str, course_key: str) -> WhyNot:
    """Why this course is missing from the student's list."""
    raise NotImplementedError


def what_if(
    app: Application,
    catalog_id: str,
    student: Student,
    weights: Mapping[str, float] | None = None,
    *,
    top_k: int = DEFAULT_TOP_K,
) -> StudentView:
    """The list this student would get with other interests, another department or other weights. Stores nothing."""
    raise NotImplementedError
