"""Recommendations for all students: live for any weights, stored for the published ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.config import DEFAULT_TOP_K
from core.pipeline.application import Application
from core.records import Message, WeightSet

if TYPE_CHECKING:
    from core.recommendation.population import PopulationData
    from core.recommendation.ranking import RankedLists

DEFAULT_WEIGHTS: Mapping[str, float] = {"department": 0.7, "interest": 0.3}


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether recommendations can be computed, and if not what to do first."""

    missing: tuple[Message, ...]  # in the order to do it

    @property
    def is_ready(self) -> bool:
        """Nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class PopulationMetrics:
    """What a set of lists does to the whole student body."""

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
    top_k: int
    lists: RankedLists
    metrics: PopulationMetrics
    seconds: float


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
    recommendations: int
    top_k: int
    metrics: PopulationMetrics
    seconds: float  # ranking and storing
    made_at: datetime


def readiness(app: Application, catalog_id: str) -> Readiness:
    """What has to be done before recommending: courses, students, vectors."""
    raise NotImplementedError


def load_population(app: Application, catalog_id: str) -> PopulationData:
    """Students, courses and vectors as arrays; built once for each version of the data.

    Raises RecommendationError when something is missing (see `readiness`).
    """
    raise NotImplementedError


def rank_live(
    app: Application, catalog_id: str, weights: Mapping[str, float], *, top_k: int = DEFAULT_TOP_K
) -> LiveRanking:
    """Rank all students for these weights now, with the effect on the population. Stores nothing."""
    raise NotImplementedError


def compare_with_published(
    app: Application, catalog_id: str, weights: Mapping[str, float], *, top_k: int = DEFAULT_TOP_K
) -> Comparison:
    """The published weights (or the defaults) against these, over all students."""
    raise NotImplementedError


def list_weight_sets(app: Application, catalog_id: str) -> tuple[WeightSet, ...]:
    """All weight sets of a catalog, newest first."""
    raise NotImplementedError


def published_weights(app: Application, catalog_id: str) -> Mapping[str, float]:
    """The weights in force: the published set, or the defaults."""
    raise NotImplementedError


def save_weights(
    app: Application,
    catalog_id: str,
    name: str,
    weights: Mapping[str, float],
    *,
    author: str,
    note: str = "",
    expected_version: int | None = None,
) -> WeightSet:
    """Store a named weight set as its next version.

    Raises RecommendationError for weights that cannot be used, StorageError when someone else saved meanwhile.
    """
    raise NotImplementedError


def publish_weights(app: Application, weight_set_id: str) -> WeightSet:
    """Make a weight set the one in force; publishing an older one rolls back."""
    raise NotImplementedError


def recommend(
    app: Application, catalog_id: str, weights: Mapping[str, float] | None = None, *, top_k: int = DEFAULT_TOP_K
) -> RecommendationReport:
    """Rank all students and store the lists with their contributions (published weights when none are given).

    Raises RecommendationError when something is missing.
    """
    raise NotImplementedError


def latest_run(app: Application, catalog_id: str) -> RecommendationReport | None:
    """The newest stored run, None when there is none."""
    raise NotImplementedError
