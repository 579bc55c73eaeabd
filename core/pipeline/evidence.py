"""Evidence for weights from enrolment history, and a search over weights that proposes sets to choose from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.config import DEFAULT_TOP_K
from core.evaluation.ranking import Difference, Interval, bootstrap_mean, compare_paired, measure_each
from core.pipeline.application import Application
from core.pipeline.population import load, require_ready
from core.pipeline.weight_sets import published_options, published_weights
from core.recommendation.arrays import Bools, Doubles
from core.recommendation.blend import Weights
from core.recommendation.options import DEFAULT_OPTIONS, Grouping, ListOptions
from core.recommendation.ranking import PreparedPopulation, with_students
from core.recommendation.tuning import HeldOut, SweepPoint, frontier, hold_one_out, rank_held_out, sweep, weight_grid

FEWEST_OF_DEPARTMENT = 20  # students with history: with fewer, an interval says next to nothing
SEARCH_STUDENTS = 1000  # the search looks at a sample, so that it takes seconds; what is picked is shown for all
SEARCH_STEPS = 5  # weights in steps of a fifth: 56 sets of four signals


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure of the tried weights, of those in force, and the difference on the same students."""

    name: str  # "ndcg", "recall", "reciprocal_rank", or a department
    tried: Interval
    in_force: Interval
    difference: Difference


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well lists find a course again that each student took and that was held back."""

    students: int  # who took at least two courses
    top_k: int
    measures: tuple[Finding, ...]
    departments: tuple[Finding, ...]  # nDCG, by number of students; small departments are left out
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
    """Whether any student took two courses of the catalog, so that one can be held back."""
    return bool((load(app, catalog_id).prepared.population.taken.counts >= 2).any())


def measure_evidence(
    app: Application, catalog_id: str, weights: Mapping[str, float], options: ListOptions = DEFAULT_OPTIONS
) -> Evidence:
    """Leave-one-out for these weights and those in force: histories carry no dates to split by.

    Raises RecommendationError when nobody took two courses.
    """
    require_ready(app, catalog_id)
    started = time.perf_counter()
    held_out = _held_out(app, catalog_id)
    in_force = published_weights(app, catalog_id), published_options(app, catalog_id)
    new, old = (
        measure_each(
            rank_held_out(held_out, Weights.from_mapping(each), DEFAULT_TOP_K, _in_one_list(made)), held_out.courses
        )
        for each, made in ((weights, options), in_force)
    )
    everyone = np.ones(len(held_out.courses), np.bool_)
    population = held_out.prepared.population
    counts = np.bincount(population.student_department + 1, minlength=len(population.departments) + 1)[1:]
    large = [place for place in np.argsort(-counts, kind="stable") if counts[place] >= FEWEST_OF_DEPARTMENT]
    return Evidence(
        students=len(held_out.courses),
        top_k=DEFAULT_TOP_K,
        measures=tuple(_finding(name, new[name], old[name], everyone) for name in new),
        departments=tuple(
            _finding(population.departments[place], new["ndcg"], old["ndcg"], population.student_department == place)
            for place in large
        ),
        seconds=time.perf_counter() - started,
    )


def suggest_weights(app: Application, catalog_id: str, options: ListOptions = DEFAULT_OPTIONS) -> Suggestions:
    """Try a grid of weights on a sample of students and find the frontier of quality and coverage.

    A grid and not a sampler such as Optuna's: so few signals in such coarse steps can all be tried, the same answer
    comes out every time, and no dependency comes in.
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
    return Suggestions(tuple(points), tuple(frontier(points)), first, history, len(rows), time.perf_counter() - started)


def _held_out(app: Application, catalog_id: str) -> HeldOut:
    loaded = load(app, catalog_id)
    return app.cached(f"held out {catalog_id}", loaded, lambda: hold_one_out(loaded.prepared))


def _in_one_list(options: ListOptions) -> ListOptions:
    """A held-out course should be found at its place among all: not at the end of a list for being an activity."""
    return replace(options, grouping=Grouping.TOGETHER) if options.grouping is Grouping.APART else options


def _finding(name: str, new: Doubles, old: Doubles, rows: Bools) -> Finding:
    return Finding(name, bootstrap_mean(new[rows]), bootstrap_mean(old[rows]), compare_paired(new[rows], old[rows]))


def _sample(count: int) -> list[int]:
    return sorted(map(int, np.random.default_rng(0).permutation(count)[:SEARCH_STUDENTS]))


def _some_students(prepared: PreparedPopulation, rows: list[int]) -> PreparedPopulation:
    return with_students(prepared, [prepared.population.students[row] for row in rows])


def _some_held_out(held_out: HeldOut) -> HeldOut:
    rows = _sample(len(held_out.courses))
    return HeldOut(_some_students(held_out.prepared, rows), tuple(held_out.courses[row] for row in rows))
