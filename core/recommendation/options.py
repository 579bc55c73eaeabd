"""How lists are made beside the weights: variety, caps, courses (교과) and activities (비교과) together or apart,
categories and years that are not eligible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from core.errors import RecommendationError
from core.recommendation.arrays import Bools
from core.recommendation.blend import Weights
from core.recommendation.diversity import Diversity
from core.recommendation.eligibility import add_exclusions
from core.recommendation.ranking import PreparedPopulation, RankedLists, rank_all
from core.records import Course, CourseKind


class Grouping(StrEnum):
    """Which kinds of courses stand in a list."""

    TOGETHER = "together"  # both, in one order
    APART = "apart"  # first the best courses, after them the best activities, as many of each
    COURSES = "courses"
    ACTIVITIES = "activities"

    @property
    def kinds(self) -> tuple[frozenset[CourseKind], ...]:
        """The kinds of each part of a list."""
        course, activity = frozenset({CourseKind.COURSE}), frozenset({CourseKind.ACTIVITY})
        parts = {Grouping.APART: (course, activity), Grouping.COURSES: (course,), Grouping.ACTIVITIES: (activity,)}
        return parts.get(self, (course | activity,))


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a weight set says beside its weights. Raises RecommendationError when the values make no sense."""

    diversity: float = 0.0  # 0 to 1: how much score is given up for variety
    department_cap: int | None = None  # courses of one department in a list at most; None: any number
    grouping: Grouping = Grouping.TOGETHER
    excluded_categories: tuple[str, ...] = ()  # that nobody is recommended; a new category is not among them
    years_above: int | None = None  # how far above a student's year a course may be; None: any

    def __post_init__(self) -> None:
        Diversity(self.diversity, self.department_cap)
        if self.years_above is not None and self.years_above < 0:
            raise RecommendationError("tuning.error.bad_options")

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> ListOptions:
        """Options as a weight set stores them; what is not named is as by default.

        Raises RecommendationError for values that are not known.
        """
        try:
            grouping = Grouping(options.get("grouping", Grouping.TOGETHER))
            cap, years = options.get("department_cap"), options.get("years_above")
            return cls(
                float(options.get("diversity", 0.0)),
                None if cap is None else int(cap),
                grouping,
                tuple(sorted(map(str, options.get("excluded_categories", ())))),
                None if years is None else int(years),
            )
        except (TypeError, ValueError) as error:
            raise RecommendationError("tuning.error.bad_options") from error

    def as_mapping(self) -> dict[str, Any]:
        """What a weight set stores: only what is not as by default."""
        plain = ListOptions()
        return {name: value for name, value in asdict(self).items() if value != getattr(plain, name)}

    @property
    def variety(self) -> Diversity:
        """The part that the choice within one list depends on."""
        return Diversity(self.diversity, self.department_cap)

    def part_length(self, places: int) -> int:
        """Places in each part of a list that has so many in all."""
        return places // len(self.grouping.kinds)

    def offered(self, courses: Sequence[Course]) -> Bools:
        """Which of the courses can stand in anybody's list."""
        kinds = frozenset().union(*self.grouping.kinds)
        shut = self.excluded_categories
        return np.array([it.is_active and it.kind in kinds and it.category not in shut for it in courses], np.bool_)


DEFAULT_OPTIONS = ListOptions()


def rank_lists(
    prepared: PreparedPopulation, weights: Weights, top_k: int = 10, options: ListOptions = DEFAULT_OPTIONS
) -> RankedLists:
    """The best `top_k` courses of every student, of each kind where kinds are apart: then lists have 2 `top_k` places.

    The places of a part that could not be filled stay empty (-1), so that a part always begins at the same place.
    """
    parts = [
        _padded(rank_all(eligible(prepared, options, kinds), weights, top_k, options.variety), top_k)
        for kinds in options.grouping.kinds
    ]
    return parts[0] if len(parts) == 1 else _side_by_side(parts)


def eligible(
    prepared: PreparedPopulation, options: ListOptions, kinds: frozenset[CourseKind] = frozenset(CourseKind)
) -> PreparedPopulation:
    """The same population under the options' hard rules, with courses of other kinds excluded for everybody."""
    population, exclusions, rules = prepared.population, prepared.exclusions, prepared.exclusions.rules
    kinds = rules.kinds & kinds
    stricter = replace(
        rules,
        kinds=rules.kinds if all(course.kind in kinds for course in population.courses) else kinds,
        excluded_categories=rules.excluded_categories | frozenset(options.excluded_categories),
        years_above=rules.years_above if options.years_above is None else options.years_above,
    )
    if stricter == rules:
        return prepared
    return replace(prepared, exclusions=add_exclusions(exclusions, population, stricter))


def _padded(lists: RankedLists, top_k: int) -> RankedLists:
    """A catalog with fewer courses than places gives shorter lists: the rest of the places is empty."""
    missing = top_k - lists.course_index.shape[1]
    if missing <= 0:
        return lists
    ends = ((0, 0), (0, missing))
    return RankedLists(
        np.pad(lists.course_index, ends, constant_values=-1),
        np.pad(lists.score, ends),
        np.pad(lists.contributions, (*ends, (0, 0))),
        np.pad(lists.effective_weights, (*ends, (0, 0))),
    )


def _side_by_side(parts: list[RankedLists]) -> RankedLists:
    return RankedLists(
        np.concatenate([part.course_index for part in parts], axis=1),
        np.concatenate([part.score for part in parts], axis=1),
        np.concatenate([part.contributions for part in parts], axis=1),
        np.concatenate([part.effective_weights for part in parts], axis=1),
    )
