"""Hard rules, before any ranking: what a student may not be recommended at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.recommendation.arrays import Bools, Bytes, Floats, Ints
from core.recommendation.levels import course_year, level_message
from core.recommendation.population import PopulationData, Taken
from core.recommendation.prerequisites import Expression, UnreadableError, holds, parse, same_code
from core.records import Course, CourseKind, Message

_BLOCK = 2048  # students packed at a time: bounds the memory for unpacked bits


@dataclass(frozen=True, slots=True)
class Rules:
    """Which hard rules apply. Courses already taken and courses not on offer are always left out."""

    kinds: frozenset[CourseKind] = frozenset(CourseKind)  # 교과, 비교과 or both
    excluded_categories: frozenset[str] = frozenset()
    years_above: int | None = None  # how far above the student's year a course may be; None: any
    prerequisites: bool = True  # checked for students with history only


DEFAULT_RULES = Rules()


@dataclass(frozen=True, slots=True, eq=False)
class Exclusions:
    """What is excluded, one bit a student and course."""

    rules: Rules
    packed: Bytes  # (S, ceil(C / 8)) from numpy.packbits
    course_count: int
    unreadable_prerequisites: tuple[int, ...]  # courses whose prerequisites could not be parsed and are ignored

    def block(self, start: int, stop: int) -> Bools:
        """Whether each course is excluded for the students from `start` up to `stop`, (B, C)."""
        bits = np.unpackbits(self.packed[start:stop], axis=1, count=self.course_count)
        return bits.view(np.bool_)


def build_exclusions(population: PopulationData, rules: Rules = DEFAULT_RULES) -> Exclusions:
    """All exclusions of a population: a bit of memory a pair, about 0.1 s for 5,000 students and 2,000 courses."""
    expressions, unreadable = _prerequisites(population.courses) if rules.prerequisites else ({}, ())
    guarded = np.array(list(expressions), np.int32)
    unmet = _unmet(population, expressions)
    closed = np.array([_closed(course, rules) is not None for course in population.courses])
    levels = np.array([course_year(course) for course in population.courses], np.float32)
    taken, years = population.taken, population.student_year
    packed = np.empty((len(years), (len(closed) + 7) // 8), np.uint8)
    for start in range(0, len(years), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(years)))
        excluded = _too_advanced(years[rows], levels, rules)
        excluded |= closed
        first, last = taken.offsets[rows.start], taken.offsets[rows.stop]
        excluded[taken.students[first:last] - start, taken.courses[first:last]] = True
        excluded[:, guarded] |= unmet[:, rows].T
        packed[rows] = np.packbits(excluded, axis=1)
    return Exclusions(rules, packed, len(closed), unreadable)


def add_exclusions(exclusions: Exclusions, population: PopulationData, rules: Rules) -> Exclusions:
    """What is excluded, and in addition what stricter `rules` for kinds, categories and years exclude.

    At a fraction of the cost of `build_exclusions`: a row for each year of study, not for each student.
    """
    closed = np.array([_closed(course, rules) is not None for course in population.courses], np.bool_)
    packed = exclusions.packed | np.packbits(closed)
    if rules.years_above is not None:
        levels = np.array([course_year(course) for course in population.courses], np.float32)
        years, row = np.unique(population.student_year, return_inverse=True)
        packed |= np.packbits(_too_advanced(years, levels, rules), axis=1)[row]
    return replace(exclusions, rules=rules, packed=packed)


def broken_rule(population: PopulationData, rules: Rules, student: int, course: int) -> Message | None:
    """The first rule that keeps the course from the student, as a sentence; None when it may be recommended."""
    record, taken = population.courses[course], population.taken.of(student)
    if course in taken:
        return Message("recommendation.rule.taken", {"course": record.title})
    if (message := _closed(record, rules)) is not None:
        return message
    year, level = population.student_year[student], course_year(record)
    if rules.years_above is not None and level > year + rules.years_above:
        return Message("recommendation.rule.level", {"level": level_message(level), "year": int(year)})
    if rules.prerequisites and len(taken) and not _prerequisites_met(population, student, record):
        return Message("recommendation.rule.prerequisites", {"prerequisites": record.prerequisites})
    return None


def _closed(course: Course, rules: Rules) -> Message | None:
    """Why nobody may be recommended the course."""
    if not course.is_active:
        return Message("recommendation.rule.inactive", {"course": course.title})
    if course.kind not in rules.kinds:
        return Message(f"recommendation.rule.kind_{course.kind}")
    if course.category in rules.excluded_categories:
        return Message("recommendation.rule.category", {"category": course.category or "-"})
    return None


def _too_advanced(years: Floats, levels: Floats, rules: Rules) -> Bools:
    if rules.years_above is None:
        return np.zeros((len(years), len(levels)), np.bool_)
    return levels[None, :] > years[:, None] + rules.years_above  # false wherever one of them is NaN


def _prerequisites(courses: tuple[Course, ...]) -> tuple[dict[int, Expression], tuple[int, ...]]:
    """The readable expressions by course index, and the courses whose text is not readable."""
    expressions, unreadable = {}, []
    for index, course in enumerate(courses):
        if course.prerequisites.strip():
            try:
                expressions[index] = parse(course.prerequisites)
            except UnreadableError:
                unreadable.append(index)
    return expressions, tuple(unreadable)


def _unmet(population: PopulationData, expressions: Mapping[int, Expression]) -> Bools:
    """For each expression, which students have a history that does not fulfil it, (P, S)."""
    taken, count = population.taken, len(population.students)
    order = np.argsort(taken.courses, kind="stable")
    by_course = Taken(  # the same pairs, with the roles exchanged: which students took each course
        np.searchsorted(taken.courses[order], np.arange(len(population.courses) + 1)).astype(np.int32),
        taken.students[order],
    )
    took = partial(_took, _codes(population), by_course, count)
    has_history = taken.counts > 0
    unmet = [has_history & ~holds(expression, took, count) for expression in expressions.values()]
    return np.array(unmet, np.bool_).reshape(len(unmet), count)


def _took(codes: Mapping[str, Ints], by_course: Taken, count: int, code: str) -> Bools | None:
    if code not in codes:
        return None
    taken = np.zeros(count, np.bool_)
    for course in codes[code]:
        taken[by_course.of(course)] = True
    return taken


def _codes(population: PopulationData) -> dict[str, Ints]:
    """Which courses a code stands for: sections and repeated codes are several."""
    places: dict[str, list[int]] = {}
    for index, course in enumerate(population.courses):
        code = same_code(course.code)
        if code:
            places.setdefault(code, []).append(index)
    return {code: np.array(found, np.int32) for code, found in places.items()}


def _prerequisites_met(population: PopulationData, student: int, course: Course) -> bool:
    try:
        expression = parse(course.prerequisites)
    except UnreadableError:
        return True
    codes, taken = _codes(population), population.taken.of(student)

    def took(code: str) -> Bools | None:
        return np.array([bool(np.isin(codes[code], taken).any())]) if code in codes else None

    return bool(holds(expression, took, 1)[0])
