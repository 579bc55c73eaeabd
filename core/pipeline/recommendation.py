"""Recommendations for all students: live for any weights, stored for the published ones."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np

from core.access.actor import requires
from core.access.roles import Permission
from core.config import DEFAULT_TOP_K
from core.errors import RecommendationError
from core.evaluation.population import measure_churn, measure_population
from core.pipeline.application import Application
from core.pipeline.population import (
    Loaded,
    Readiness,
    load,
    load_population,
    load_ready,
    readiness,
    require_ready,
    sources,
)
from core.pipeline.weight_sets import (
    DEFAULT_WEIGHTS,
    in_force,
    list_weight_sets,
    publish_weights,
    published_options,
    published_weights,
    save_weights,
    weight_set_for,
)
from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.options import DEFAULT_OPTIONS, ListOptions, rank_lists
from core.recommendation.population import PopulationData
from core.recommendation.ranking import RankedLists
from core.records import Message, WeightSet
from core.storage.recommendation_store import RankedArrays, RecommendationRun

__all__ = [
    "DEFAULT_WEIGHTS",
    "Comparison",
    "CourseShift",
    "LiveRanking",
    "PopulationMetrics",
    "Readiness",
    "RecommendationReport",
    "compare_with_published",
    "latest_run",
    "list_weight_sets",
    "load_population",
    "publish_weights",
    "published_options",
    "published_weights",
    "rank_live",
    "readiness",
    "recommend",
    "save_weights",
]

MAX_SHIFTS = 50


@dataclass(frozen=True, slots=True)
class PopulationMetrics:
    """What a set of lists does to the whole student body. Figures that nothing is known for are NaN."""

    students: int
    own_department_share: float  # of all places in all lists, 0 to 1
    coverage: float  # share of courses that anyone is recommended, 0 to 1
    never_recommended: int  # courses
    gini: float  # 0: every course equally often; 1: one course takes all
    diversity: float  # mean intra-list diversity, 0 to 1
    mean_score: float


@dataclass(frozen=True, slots=True)
class LiveRanking:
    """The lists of all students for some weights, not stored."""

    weights: Mapping[str, float]
    options: ListOptions
    top_k: int  # of each kind, where kinds are apart
    lists: RankedLists
    metrics: PopulationMetrics
    seconds: float
    population: PopulationData  # that was ranked


@dataclass(frozen=True, slots=True)
class CourseShift:
    """How often a course is recommended before and after."""

    course_key: str
    title: str
    department: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of weights side by side."""

    before: LiveRanking
    after: LiveRanking
    churn: float  # mean share of each list that is replaced, 0 to 1
    changed_students: int  # whose list differs at all
    shifts: tuple[CourseShift, ...]  # largest change first, at most 50


@dataclass(frozen=True, slots=True)
class RecommendationReport:
    """A stored run."""

    run_id: str
    catalog_id: str
    weight_set: WeightSet
    students: int
    top_k: int  # places in a list
    seconds: float  # of ranking
    made_at: datetime
    recommendations: int  # courses in all lists; a student with fewer eligible ones leaves places empty
    outdated: tuple[Message, ...]  # why lists made now may be other ones; empty when nothing has changed


def rank_live(
    app: Application,
    catalog_id: str,
    weights: Mapping[str, float],
    *,
    top_k: int = DEFAULT_TOP_K,
    options: ListOptions = DEFAULT_OPTIONS,
) -> LiveRanking:
    """Rank all students for these weights now, with the effect on the population. Stores nothing."""
    return _rank(load_ready(app, catalog_id), weights, options, top_k)


def compare_with_published(
    app: Application,
    catalog_id: str,
    weights: Mapping[str, float],
    *,
    top_k: int = DEFAULT_TOP_K,
    options: ListOptions = DEFAULT_OPTIONS,
) -> Comparison:
    """The published weights and options (or the defaults) against these, over all students."""
    loaded = load_ready(app, catalog_id)
    before = _rank_in_force(app, catalog_id, loaded, top_k)
    is_same = options == before.options and _shares(weights) == _shares(before.weights)
    after = before if is_same else _rank(loaded, weights, options, top_k)
    churn = measure_churn(before.lists.course_index, after.lists.course_index)
    return Comparison(
        before=before,
        after=after,
        churn=1 - churn.overlap,
        changed_students=round(churn.lists_changed * after.metrics.students),
        shifts=_shifts(loaded, before, after),
    )


def _shares(weights: Mapping[str, float]) -> list[float]:
    """What the weights come to, without the noise of their sum: 0.7 and 0.3 are the same as 70 and 30."""
    shares: list[float] = np.round(Weights.from_mapping(weights).normalised, 9).tolist()
    return shares


def rank_in_force(app: Application, catalog_id: str, *, top_k: int = DEFAULT_TOP_K) -> LiveRanking:
    """The ranking of all students by the published weights and options, made once until they or the data change."""
    return _rank_in_force(app, catalog_id, load_ready(app, catalog_id), top_k)


def _rank_in_force(app: Application, catalog_id: str, loaded: Loaded, top_k: int) -> LiveRanking:
    weights, options = in_force(app, catalog_id)
    version = (loaded, tuple(sorted(weights.items())), options, top_k)
    return app.cached(f"ranking in force {catalog_id}", version, lambda: _rank(loaded, weights, options, top_k))


@requires(Permission.PUBLISH)
def recommend(
    app: Application, catalog_id: str, weights: Mapping[str, float] | None = None, *, top_k: int = DEFAULT_TOP_K
) -> RecommendationReport:
    """Rank all students and store the lists with their contributions (published weights when none are given).

    Raises RecommendationError when something is missing, or when students were deleted meanwhile: their lists would be
    stored after all.
    """
    require_ready(app, catalog_id)
    weight_set = weight_set_for(app, catalog_id, weights)
    loaded = load(app, catalog_id)
    ranking = _rank(loaded, weight_set.weights, ListOptions.from_mapping(weight_set.options), top_k)
    arrays = _arrays(loaded, ranking.lists)
    made_from = asdict(loaded.sources) | {"release_id": loaded.release_id, "seconds": ranking.seconds}
    with app.database.write():  # nobody deletes students meanwhile
        if len(app.students.numbers(arrays.student_ids)) < len(arrays.student_ids):
            raise RecommendationError("pipeline.error.deleted_meanwhile")
        run_id = app.recommendations.save(catalog_id, weight_set.weight_set_id, arrays, **made_from)
    run = app.recommendations.run(run_id)
    if run is None:
        raise RecommendationError("pipeline.error.no_run")
    return _report(app, run)


def latest_run(app: Application, catalog_id: str) -> RecommendationReport | None:
    """The newest stored run, None when there is none."""
    run = app.recommendations.latest_run(catalog_id)
    return None if run is None else _report(app, run)


def _report(app: Application, run: RecommendationRun) -> RecommendationReport:
    version = run.run_id, app.changes
    filled = app.cached(f"places {run.catalog_id}", version, lambda: app.recommendations.count(run.run_id))
    return RecommendationReport(
        run_id=run.run_id,
        catalog_id=run.catalog_id,
        weight_set=app.weights.get(run.weight_set_id),
        students=run.student_count,
        top_k=run.top_k,
        seconds=run.seconds,
        made_at=run.created_at,
        recommendations=filled,
        outdated=_outdated(app, run),
    )


def _outdated(app: Application, run: RecommendationRun) -> tuple[Message, ...]:
    """What lists are made from or with that is not what it was for this run."""
    changed = sources(app, run.catalog_id).changed_since(run)
    published = app.weights.published(run.catalog_id)
    if published is not None and published.weight_set_id != run.weight_set_id:
        changed = (*changed, "weights")
    return tuple(Message(f"tuning.replay.changed_{name}") for name in changed)


def _rank(loaded: Loaded, weights: Mapping[str, float], options: ListOptions, top_k: int) -> LiveRanking:
    started = time.perf_counter()
    lists = rank_lists(loaded.prepared, Weights.from_mapping(weights), top_k, options)
    metrics = _metrics(loaded, lists, options)
    return LiveRanking(
        dict(weights), options, top_k, lists, metrics, time.perf_counter() - started, loaded.prepared.population
    )


def _metrics(loaded: Loaded, lists: RankedLists, options: ListOptions) -> PopulationMetrics:
    population = loaded.prepared.population
    on_offer = options.offered(population.courses)
    measured = measure_population(
        lists.course_index,
        on_offer,
        population.course_department,
        population.student_department,
        population.course_vectors,
    )
    filled = lists.course_index >= 0
    return PopulationMetrics(
        students=len(population.students),
        own_department_share=measured.own_department_share,
        coverage=measured.coverage,
        never_recommended=len(measured.never_recommended),
        gini=measured.gini,
        diversity=measured.diversity,
        mean_score=float(lists.score[filled].mean()) if filled.any() else float("nan"),
    )


def _shifts(loaded: Loaded, before: LiveRanking, after: LiveRanking) -> tuple[CourseShift, ...]:
    """Courses whose number of lists changes, largest change first."""
    courses = loaded.prepared.population.courses
    old, new = (
        np.bincount(index[index >= 0], minlength=len(courses))
        for index in (before.lists.course_index, after.lists.course_index)
    )
    places = np.argsort(-np.abs(new - old), kind="stable")[:MAX_SHIFTS]
    return tuple(
        CourseShift(course.course_key, course.title, course.department, int(old[place]), int(new[place]))
        for place in places.tolist()
        if old[place] != new[place]
        for course in (courses[place],)
    )


def _arrays(loaded: Loaded, lists: RankedLists) -> RankedArrays:
    population = loaded.prepared.population
    return RankedArrays(
        student_ids=[student.student_id for student in population.students],
        course_keys=[course.course_key for course in population.courses],
        signals=SIGNALS,
        course_index=lists.course_index,
        score=lists.score.astype(np.float32),
        contributions=lists.contributions.astype(np.float32),
        effective_weights=lists.effective_weights.astype(np.float32),
    )
