"""Evidence for weights from enrolment history, and a search over weights that proposes sets to choose from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.config import DEFAULT_TOP_K
from core.errors import RecommendationError
from core.evaluation.population import tied_share
from core.evaluation.ranking import Difference, Interval, bootstrap_mean, compare_paired, measure_each
from core.pipeline.application import Application
from core.pipeline.population import load, require_ready
from core.pipeline.weight_sets import published_options, published_weights
from core.recommendation.arrays import Bools, Doubles
from core.recommendation.blend import Weights
from core.recommendation.held_out import (
    HeldOut,
    can_hold_newest_out,
    can_hold_one_out,
    hold_newest_out,
    hold_one_out,
)
from core.recommendation.options import DEFAULT_OPTIONS, Grouping, ListOptions, rank_lists
from core.recommendation.population import PopulationData
from core.recommendation.ranking import PreparedPopulation, with_students
from core.recommendation.tuning import SweepPoint, frontier, sweep, weight_grid

FEWEST = 20  # students with history: with fewer, an interval says next to nothing
SEARCH_STUDENTS = 1000  # the search looks at a sample, so that it takes seconds; what is picked is shown for all
SEARCH_STEPS = 5  # weights in steps of a fifth: 56 sets of four signals


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure of the tried weights, of those in force, and the difference on the same students."""

    name: str  # "ndcg", "recall", "reciprocal_rank"
    tried: Interval
    in_force: Interval
    difference: Difference


@dataclass(frozen=True, slots=True)
class DepartmentEvidence:
    """The same figures of one department's students."""

    name: str
    students: int
    measures: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well lists find courses again that students took and that were held back."""

    students: int  # with held-back courses
    since: str | None  # everything taken since this date was held back; None: no dates, one course of each student
    out_of_reach: float  # share of the held-back courses that hard rules keep out of the tried lists
    tied: tuple[float, float]  # share of places that only the order for ties decides: tried weights, those in force
    top_k: int
    measures: tuple[Finding, ...]
    departments: tuple[DepartmentEvidence, ...]  # by number of students; small departments are left out
    seconds: float


@dataclass(frozen=True, slots=True)
class Suggestions:
    """All weights that were tried; quality is nDCG on held-out courses, without history the mean interest fit."""

    points: tuple[SweepPoint, ...]
    best: tuple[SweepPoint, ...]  # that nothing tried beats in both quality and coverage, best quality first
    in_force: SweepPoint  # its weights, with the same options as the others
    has_history: bool
    students: int  # in the sample that was ranked
    seconds: float


def has_history(app: Application, catalog_id: str) -> bool:
    """Whether anything can be held back: enrolments at different dates, or two courses of one student."""
    prepared = load(app, catalog_id).prepared
    return can_hold_newest_out(prepared) or can_hold_one_out(prepared)


def measure_evidence(
    app: Application, catalog_id: str, weights: Mapping[str, float], options: ListOptions = DEFAULT_OPTIONS
) -> Evidence:
    """The newest enrolments held back, or one course of each student where there are no dates.

    For these weights and those in force, on the same students. Raises RecommendationError without history.
    """
    require_ready(app, catalog_id)
    started = time.perf_counter()
    held_out = _held_out(app, catalog_id)
    in_force = published_weights(app, catalog_id), published_options(app, catalog_id)
    tried, before = (
        rank_lists(held_out.prepared, Weights.from_mapping(each), DEFAULT_TOP_K, _in_one_list(made))
        for each, made in ((weights, options), in_force)
    )
    new, old = (measure_each(ranked.course_index, held_out.courses) for ranked in (tried, before))
    return Evidence(
        students=len(held_out.courses),
        since=held_out.since,
        out_of_reach=held_out.out_of_reach(options),
        tied=(tied_share(tried.course_index, tried.score), tied_share(before.course_index, before.score)),
        top_k=DEFAULT_TOP_K,
        measures=_findings(new, old, np.ones(len(held_out.courses), np.bool_)),
        departments=_by_department(held_out.prepared.population, new, old),
        seconds=time.perf_counter() - started,
    )


def _by_department(
    population: PopulationData, new: Mapping[str, Doubles], old: Mapping[str, Doubles]
) -> tuple[DepartmentEvidence, ...]:
    counts = np.bincount(population.student_department + 1, minlength=len(population.departments) + 1)[1:]
    large = [place for place in np.argsort(-counts, kind="stable") if counts[place] >= FEWEST]
    return tuple(
        DepartmentEvidence(
            population.departments[place],
            int(counts[place]),
            _findings(new, old, population.student_department == place),
        )
        for place in large
    )


def suggest_weights(app: Application, catalog_id: str, options: ListOptions = DEFAULT_OPTIONS) -> Suggestions:
    """Try a grid of weights on a sample of students and find the frontier of quality and coverage.

    A grid and not a sampler such as Optuna's: so few signals in such coarse steps can all be tried, the same answer
    comes out every time, and no dependency comes in. Raises RecommendationError when the students have neither history
    nor interests.
    """
    require_ready(app, catalog_id)
    started = time.perf_counter()
    prepared, history = load(app, catalog_id).prepared, has_history(app, catalog_id)
    rows = _sample(len(prepared.population.students))
    signals = ("department", "interest", "history", "novelty") if history else ("department", "interest", "level")
    in_force = Weights.from_mapping(published_weights(app, catalog_id))
    first, *points = sweep(
        _some_students(prepared, rows),
        [in_force, *weight_grid(signals, SEARCH_STEPS)],
        DEFAULT_TOP_K,
        _in_one_list(options),
        held_out=_some_held_out(_held_out(app, catalog_id)) if history else None,
    )
    best = tuple(frontier(points))
    if not best:
        raise RecommendationError("tuning.error.no_quality")
    return Suggestions(tuple(points), best, first, history, len(rows), time.perf_counter() - started)


def _held_out(app: Application, catalog_id: str) -> HeldOut:
    loaded = load(app, catalog_id)

    def make() -> HeldOut:
        hold_out = hold_newest_out if can_hold_newest_out(loaded.prepared) else hold_one_out
        return hold_out(loaded.prepared)

    return app.cached(f"held out {catalog_id}", loaded, make)


def _in_one_list(options: ListOptions) -> ListOptions:
    """A held-out course should be found at its place among all: not at the end of a list for being an activity."""
    return replace(options, grouping=Grouping.TOGETHER) if options.grouping is Grouping.APART else options


def _findings(new: Mapping[str, Doubles], old: Mapping[str, Doubles], rows: Bools) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            name,
            bootstrap_mean(new[name][rows]),
            bootstrap_mean(old[name][rows]),
            _compare(new[name][rows], old[name][rows]),
        )
        for name in new
    )


def _compare(new: Doubles, old: Doubles) -> Difference:
    """Of one student the interval has no width, and would make every difference a certain one."""
    found = compare_paired(new, old)
    return found if len(new) >= FEWEST else replace(found, verdict="too_few")


def _sample(count: int) -> list[int]:
    return sorted(map(int, np.random.default_rng(0).permutation(count)[:SEARCH_STUDENTS]))


def _some_students(prepared: PreparedPopulation, rows: list[int]) -> PreparedPopulation:
    return with_students(prepared, [prepared.population.students[row] for row in rows])


def _some_held_out(held_out: HeldOut) -> HeldOut:
    rows = _sample(len(held_out.courses))
    courses = tuple(held_out.courses[row] for row in rows)
    return HeldOut(_some_students(held_out.prepared, rows), courses, held_out.since)
