"""Taking courses out of histories, to see which weights bring them back: by time, or one course of each student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from core.errors import RecommendationError
from core.evaluation.ranking import RankingMetrics, measure_ranking
from core.recommendation.arrays import Ints
from core.recommendation.blend import Weights
from core.recommendation.options import DEFAULT_OPTIONS, ListOptions, eligible, rank_lists
from core.recommendation.population import replace_students
from core.recommendation.ranking import PreparedPopulation, prepare, with_students
from core.records import Student

HELD_OUT_SHARE = 0.2  # of all dated enrolments, the newest: the usual split in the literature


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Students who have forgotten courses they took."""

    prepared: PreparedPopulation  # only students with held-out courses; popularity as it was without them
    courses: tuple[tuple[int, ...], ...]  # what each of them forgot
    since: str | None = None  # everything taken on this date (ISO 8601) or later was held out; None: one course of each

    def out_of_reach(self, options: ListOptions = DEFAULT_OPTIONS) -> float:
        """Share of the held-out courses that a hard rule keeps out of such lists, so that no weights can find them."""
        kinds = frozenset().union(*options.grouping.kinds)
        exclusions = eligible(self.prepared, options, kinds).exclusions
        kept_out = [
            bool(excluded)
            for row, wanted in enumerate(self.courses)
            for excluded in exclusions.block(row, row + 1)[0, list(wanted)]
        ]
        return sum(kept_out) / len(kept_out) if kept_out else 0.0


def can_hold_newest_out(prepared: PreparedPopulation) -> bool:
    """Whether a course on offer was taken later than something else."""
    return bool(_dates_to_find(prepared))


def can_hold_one_out(prepared: PreparedPopulation) -> bool:
    """Whether anybody took two courses, of which one is on offer."""
    taken, on_offer = prepared.population.taken, prepared.signals.on_offer
    counts = np.bincount(taken.students[on_offer[taken.courses]], minlength=len(taken.counts))
    return bool(((counts > 0) & (taken.counts >= 2)).any())


def hold_newest_out(prepared: PreparedPopulation, share: float = HELD_OUT_SHARE) -> HeldOut:
    """Take everything out that was taken since a date, one for all students, about the newest `share` of enrolments.

    What was taken on the same date stays together, so that a term is never cut. Courses without a date stay in the
    history. Signals are made anew from what was known then, popularity too; the students' years of study are today's.
    Raises RecommendationError when nothing on offer was taken later than something else.
    """
    population, to_find = prepared.population, _dates_to_find(prepared)
    if not to_find:
        raise RecommendationError("recommendation.error.no_dates")
    dates = sorted(day for student in population.students for day in student.taken_on if day)
    later = next(day for day in dates if day > dates[0])
    since = min(max(later, dates[int(len(dates) * (1 - share))]), max(to_find))
    places = _places_on_offer(prepared)
    shortened, queries, forgotten = [], [], []
    for index, student in enumerate(population.students):
        kept, newer = _split(student, since)
        shortened.append(replace(student, taken_course_keys=kept, taken_on=()))
        wanted = tuple(places[key] for key in newer if key in places)
        if wanted:
            queries.append(index)
            forgotten.append(wanted)
    then = prepare(replace_students(population, shortened), prepared.exclusions.rules)
    return HeldOut(with_students(then, [shortened[index] for index in queries]), tuple(forgotten), since)


def hold_one_out(prepared: PreparedPopulation, seed: int = 0) -> HeldOut:
    """Take one course at random out of the history of each student who took at least two on offer.

    Signals are made anew from the shortened histories, so that popularity does not remember. Raises
    RecommendationError when no student took two courses.
    """
    population, on_offer = prepared.population, prepared.signals.on_offer
    generator = np.random.default_rng(seed)
    students, forgotten = [], []
    for index, student in enumerate(population.students):
        taken = population.taken.of(index)
        candidates = taken[on_offer[taken]]
        if len(taken) >= 2 and len(candidates):
            course = int(generator.choice(candidates))
            key = population.courses[course].course_key
            kept = tuple(taken_key for taken_key in student.taken_course_keys if taken_key != key)
            students.append(replace(student, taken_course_keys=kept, taken_on=()))
            forgotten.append((course,))
    if not students:
        raise RecommendationError("recommendation.error.no_history")
    shortened = prepare(replace_students(population, students), prepared.exclusions.rules)
    return HeldOut(shortened, tuple(forgotten))


def measure_held_out(
    held_out: HeldOut, weights: Weights, top_k: int = 10, options: ListOptions = DEFAULT_OPTIONS
) -> RankingMetrics:
    """How well lists made with `weights` find the held-out courses."""
    return measure_ranking(rank_held_out(held_out, weights, top_k, options), held_out.courses)


def rank_held_out(held_out: HeldOut, weights: Weights, top_k: int = 10, options: ListOptions = DEFAULT_OPTIONS) -> Ints:
    """The lists (Q, k) of the students with held-out courses, for paired comparisons of weights."""
    return rank_lists(held_out.prepared, weights, top_k, options).course_index


def _dates_to_find(prepared: PreparedPopulation) -> set[str]:
    """The dates after the first known one on which somebody took a course on offer: no list has others.

    There may be none although dates are known: the histories may be those of another catalog.
    """
    students, places = prepared.population.students, _places_on_offer(prepared)
    first = min((day for student in students for day in student.taken_on if day), default="")
    dated = ((key, day) for it in students for key, day in zip(it.taken_course_keys, it.taken_on, strict=False))
    return {day for key, day in dated if day > first and key in places}


def _places_on_offer(prepared: PreparedPopulation) -> dict[str, int]:
    """The positions of courses on offer, by course key."""
    on_offer = prepared.signals.on_offer
    return {it.course_key: place for place, it in enumerate(prepared.population.courses) if on_offer[place]}


def _split(student: Student, since: str) -> tuple[tuple[str, ...], Sequence[str]]:
    """Course keys taken before the date or on no known one, and those taken since; "" is before every date."""
    dated = list(zip_longest(student.taken_course_keys, student.taken_on, fillvalue=""))
    return tuple(key for key, day in dated if day < since), [key for key, day in dated if day >= since]
