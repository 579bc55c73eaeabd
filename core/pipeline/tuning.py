"""Looking around while weights are tuned: the report's ladder, sweeps of one signal, change by department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.pipeline.application import Application
from core.pipeline.recommendation import (
    Comparison,
    LiveRanking,
    PopulationMetrics,
    compare_with_published,
    load_population,
)
from core.recommendation.blend import SIGNALS

# The settings that the report compared: department to interest.
LADDER: Mapping[str, Mapping[str, float]] = {
    f"{department}:{interest}": {"department": department / 100, "interest": interest / 100}
    for department, interest in ((100, 0), (80, 20), (70, 30), (50, 50), (30, 70))
}
SWEEP_STEPS = 9


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """One set of weights that was tried on all students."""

    label: str
    position: float  # on the axis: share of the signal that is varied, 0 to 1
    weights: Mapping[str, float]
    metrics: PopulationMetrics
    churn: float  # against the published weights, 0 to 1


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Every signal's share of the sum of the weights; all 0 when the sum is 0."""
    total = sum(weights.values())
    return {signal: (weights.get(signal, 0.0) / total if total else 0.0) for signal in SIGNALS}


def try_ladder(app: Application, catalog_id: str) -> tuple[TrialPoint, ...]:
    """The report's settings from the least to the most weight on the department, each over all students."""
    steps = sorted(LADDER.items(), key=lambda step: step[1]["department"])
    return tuple(_try(app, catalog_id, label, weights["department"], weights) for label, weights in steps)


def try_sweep(
    app: Application, catalog_id: str, weights: Mapping[str, float], signal: str, steps: int = SWEEP_STEPS
) -> tuple[TrialPoint, ...]:
    """One signal's share from 0 to 1; the other signals keep their proportions in what is left.

    Where the others have no weight at all, they share what is left equally.
    """
    others = {name: share for name, share in normalised(weights).items() if name != signal}
    rest = sum(others.values())
    proportions = {name: share / rest if rest else 1 / len(others) for name, share in others.items()}
    points = []
    for share in np.linspace(0.0, 1.0, steps).tolist():
        trial = {name: proportion * (1 - share) for name, proportion in proportions.items()} | {signal: share}
        points.append(_try(app, catalog_id, f"{share:.0%}", share, trial))
    return tuple(points)


def _try(app: Application, catalog_id: str, label: str, position: float, weights: Mapping[str, float]) -> TrialPoint:
    comparison = compare_with_published(app, catalog_id, weights)
    return TrialPoint(label, position, dict(weights), comparison.after.metrics, comparison.churn)


def churn_by_department(app: Application, catalog_id: str, comparison: Comparison) -> dict[str, float]:
    """Department -> mean share of its students' lists that is replaced, 0 to 1; "" for students without one."""
    population = load_population(app, catalog_id)
    before, after = comparison.before.lists.course_index, comparison.after.lists.course_index
    listed = np.maximum((before >= 0).sum(axis=1), 1)
    kept = ((before[:, :, None] == after[:, None, :]) & (before >= 0)[:, :, None]).any(axis=2).sum(axis=1)
    replaced = 1.0 - kept / listed
    replaced[(before < 0).all(axis=1) & (after < 0).all(axis=1)] = 0.0
    names = (*population.departments, "")
    return {
        names[department]: float(replaced[population.student_department == department].mean())
        for department in np.unique(population.student_department).tolist()
    }


def places_of_courses(app: Application, catalog_id: str, ranking: LiveRanking) -> Sequence[int]:
    """For each course that is offered: in how many students' lists it stands."""
    population = load_population(app, catalog_id)
    index = ranking.lists.course_index
    counts = np.bincount(index[index >= 0], minlength=len(population.courses))
    return [int(counts[place]) for place, course in enumerate(population.courses) if course.is_active]
