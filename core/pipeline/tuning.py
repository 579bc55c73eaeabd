"""Looking around while weights are tuned: the report's ladder, sweeps of one signal, change by department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.config import DEFAULT_TOP_K
from core.evaluation.population import PopulationMetrics, by_group
from core.pipeline.application import Application
from core.pipeline.group_effects import replaced_shares
from core.pipeline.population import load
from core.pipeline.recommendation import Comparison, LiveRanking, rank_in_force
from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.tuning import LADDER, sweep

SWEEP_STEPS = 9


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """One set of weights that was tried on all students."""

    label: str
    position: float  # on the axis: share of the signal that is varied, 0 to 1
    metrics: PopulationMetrics
    churn: float  # mean share of each list that is replaced against the published weights, 0 to 1


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Every signal's share of the sum of the weights; all 0 when the sum is 0."""
    total = sum(weights.values())
    return {signal: (weights.get(signal, 0.0) / total if total else 0.0) for signal in SIGNALS}


def ladder() -> dict[str, Weights]:
    """The report's settings by their names, "100:0" to "30:70" (department to interest)."""
    return {f"{weights.department * 100:.0f}:{weights.interest * 100:.0f}": weights for weights in LADDER}


def try_ladder(app: Application, catalog_id: str) -> tuple[TrialPoint, ...]:
    """The report's settings from the least to the most weight on the department, each over all students."""
    steps = sorted(ladder().items(), key=lambda step: step[1].department)
    return _try(app, catalog_id, [(label, weights.department, weights) for label, weights in steps])


def try_sweep(
    app: Application, catalog_id: str, weights: Mapping[str, float], signal: str, steps: int = SWEEP_STEPS
) -> tuple[TrialPoint, ...]:
    """One signal's share from 0 to 1; the other signals keep their proportions in what is left.

    Where the others have no weight at all, they share what is left equally.
    """
    others = {name: share for name, share in normalised(weights).items() if name != signal}
    rest = sum(others.values())
    proportions = {name: share / rest if rest else 1 / len(others) for name, share in others.items()}
    trials = []
    for share in np.linspace(0.0, 1.0, steps).tolist():
        trial = {name: proportion * (1 - share) for name, proportion in proportions.items()} | {signal: share}
        trials.append((f"{share:.0%}", share, Weights.from_mapping(trial)))
    return _try(app, catalog_id, trials)


def _try(app: Application, catalog_id: str, trials: Sequence[tuple[str, float, Weights]]) -> tuple[TrialPoint, ...]:
    in_force = rank_in_force(app, catalog_id)
    points = sweep(
        load(app, catalog_id).prepared,
        [weights for _, _, weights in trials],
        DEFAULT_TOP_K,
        in_force.options,
        baseline=in_force.lists,
    )
    return tuple(
        TrialPoint(label, position, point.metrics, 0.0 if point.churn is None else 1 - point.churn.overlap)
        for (label, position, _), point in zip(trials, points, strict=True)
    )


def churn_by_department(comparison: Comparison) -> dict[str, float]:
    """Department -> mean share of its students' lists that is replaced, 0 to 1. Without students of no department."""
    population = comparison.after.population
    replaced = replaced_shares(comparison.before.lists.course_index, comparison.after.lists.course_index)
    means = by_group(replaced, population.student_department, len(population.departments))
    return {name: float(mean) for name, mean in zip(population.departments, means, strict=True) if np.isfinite(mean)}


def places_of_courses(ranking: LiveRanking) -> list[int]:
    """For each course that is offered: in how many students' lists it stands."""
    population = ranking.population
    index = ranking.lists.course_index
    counts = np.bincount(index[index >= 0], minlength=len(population.courses))
    offered: list[int] = counts[ranking.options.offered(population.courses)].tolist()
    return offered
