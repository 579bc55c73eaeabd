"""Tuning: what other weights would do, by population figures and by held-out courses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from core.evaluation.population import Churn, PopulationMetrics, mean_of_known, measure_churn, measure_population
from core.evaluation.ranking import RankingMetrics
from core.progress import SILENT, Progress
from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.held_out import HeldOut, measure_held_out
from core.recommendation.options import DEFAULT_OPTIONS, ListOptions, rank_lists
from core.recommendation.ranking import PreparedPopulation, RankedLists
from core.recommendation.scoring import signal_values

# The report's series of department to interest weights.
LADDER = tuple(Weights(department, 1 - department) for department in (1.0, 0.8, 0.7, 0.5, 0.3))


@dataclass(frozen=True, slots=True, eq=False)
class SweepPoint:
    """What one set of weights does."""

    weights: Weights
    metrics: PopulationMetrics
    interest_fit: float  # mean calibrated interest fit of the listed courses: the students' own wishes
    churn: Churn | None  # against the baseline, where one was given
    ranking: RankingMetrics | None  # on held-out courses, where there are any

    @property
    def quality(self) -> float:
        """nDCG on held-out courses; without history the mean interest fit."""
        return self.interest_fit if self.ranking is None else self.ranking.ndcg.mean


def measure_lists(
    prepared: PreparedPopulation, ranked: RankedLists, options: ListOptions = DEFAULT_OPTIONS
) -> PopulationMetrics:
    """Population figures of one ranking that was made with `options`."""
    population = prepared.population
    return measure_population(
        ranked.course_index,
        options.offered(population.courses),
        population.course_department,
        population.student_department,
        population.course_vectors,
    )


def sweep(
    prepared: PreparedPopulation,
    points: Iterable[Weights] = LADDER,
    top_k: int = 10,
    options: ListOptions = DEFAULT_OPTIONS,
    baseline: RankedLists | None = None,
    held_out: HeldOut | None = None,
    progress: Progress = SILENT,
) -> list[SweepPoint]:
    """Figures for each of `points`; churn is against `baseline`, for example the published set's lists."""
    weight_sets = tuple(points)
    progress.start("sweep", len(weight_sets))
    results = []
    for weights in weight_sets:
        ranked = rank_lists(prepared, weights, top_k, options)
        results.append(
            SweepPoint(
                weights,
                measure_lists(prepared, ranked, options),
                _mean_interest_fit(prepared, ranked),
                None if baseline is None else measure_churn(baseline.course_index, ranked.course_index),
                None if held_out is None else measure_held_out(held_out, weights, top_k, options),
            )
        )
        progress.advance()
    progress.finish()
    return results


def weight_grid(signals: Sequence[str] = ("department", "interest"), steps: int = 10) -> list[Weights]:
    """All weights of `signals` in steps of 1 / `steps` that sum to 1 (stars and bars)."""
    grid = []
    for bars in combinations(range(steps + len(signals) - 1), len(signals) - 1):
        edges = (-1, *bars, steps + len(signals) - 1)
        shares = [(right - left - 1) / steps for left, right in pairwise(edges)]
        grid.append(Weights.from_mapping(dict(zip(signals, shares, strict=True))))
    return grid


def frontier(points: Sequence[SweepPoint]) -> list[SweepPoint]:
    """The points that no other beats in both quality and coverage, by falling quality (Pareto's frontier).

    Points whose quality is not known are left out.
    """
    best: list[SweepPoint] = []
    known = [point for point in points if math.isfinite(point.quality)]
    for point in sorted(known, key=lambda point: (-point.quality, -point.metrics.coverage)):
        if not best or point.metrics.coverage > best[-1].metrics.coverage:
            best.append(point)
    return best


def _mean_interest_fit(prepared: PreparedPopulation, ranked: RankedLists) -> float:
    """Taken from the signal itself, so that it is known even where interest has no weight; NaN without interests."""
    lists, place = ranked.course_index, SIGNALS.index("interest")
    students = np.arange(len(lists), dtype=np.int32)
    values, present = signal_values(prepared.lookup, students, np.maximum(lists, 0), with_history=False)
    return mean_of_known(np.where(present & (lists >= 0)[..., None], values, np.nan)[..., place].ravel())
