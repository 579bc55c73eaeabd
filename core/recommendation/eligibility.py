"""Hard rules, before any ranking: what a student may not be recommended at all."""

from __future__ import annotations

from dataclasses import dataclass

from core.recommendation.arrays import Bools, Bytes
from core.recommendation.population import PopulationData
from core.records import CourseKind, Message


@dataclass(frozen=True, slots=True)
class Rules:
    """Which hard rules apply. Courses already taken and courses not on offer are always left out."""

    kinds: frozenset[CourseKind] = frozenset(CourseKind)  # 교과, 비교과 or both
    categories: frozenset[str] | None = None  # None: all
    years_above: int | None = None  # how far above the student's year a course may be; None: any
    prerequisites: bool = True  # checked for students with history only


@dataclass(frozen=True, slots=True, eq=False)
class Exclusions:
    """What is excluded, one bit a student and course."""

    rules: Rules
    packed: Bytes  # (S, ceil(C / 8)) from numpy.packbits
    course_count: int
    unreadable_prerequisites: tuple[int, ...]  # courses whose prerequisites could not be parsed and are ignored

    def block(self, start: int, stop: int) -> Bools:
        """Whether each course is excluded for the students from `start` up to `stop`, (B, C)."""
        raise NotImplementedError


def build_exclusions(population: PopulationData, rules: Rules) -> Exclusions:
    """All exclusions of a population."""
    raise NotImplementedError


def broken_rule(population: PopulationData, rules: Rules, student: int, course: int) -> Message | None:
    """The first rule that keeps the course from the student, as a sentence; None when it may be recommended."""
    raise NotImplementedError
