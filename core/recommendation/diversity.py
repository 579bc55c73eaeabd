"""Variety after scoring: maximal marginal relevance, and caps per department.

MMR (Carbonell and Goldstein 1998) fills the list one by one with the course of the highest
(1 - amount) x score - amount x similarity to the nearest course already in the list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import RecommendationError
from core.recommendation.arrays import Floats, Ints
from core.recommendation.signals import SignalTables
from core.recommendation.topk import best_courses, best_courses_capped

POOL_FACTOR = 5  # candidates a place: enough to find variety, few enough to compare them with each other


@dataclass(frozen=True, slots=True)
class Diversity:
    """How much variety is asked for. Raises RecommendationError when the values make no sense."""

    amount: float = 0.0  # 0 to 1: how much score is given up for variety
    department_cap: int | None = None  # courses of one department in a list at most; None: any number

    def __post_init__(self) -> None:
        if not 0 <= self.amount <= 1 or (self.department_cap is not None and self.department_cap < 1):
            raise RecommendationError("recommendation.error.bad_diversity")

    @property
    def is_on(self) -> bool:
        """Whether lists differ from the plain order by score."""
        return self.amount > 0 or self.department_cap is not None


NO_DIVERSITY = Diversity()


def select_diverse(score: Floats, count: int, diversity: Diversity, departments: Ints, signals: SignalTables) -> Ints:
    """Columns of `count` varied courses of each row of `score` (B, C), in the order chosen; -1 where none is left.

    Scores below 0 are never chosen. `departments` (C,) is -1 for courses without one: these are not capped.
    """
    cap = diversity.department_cap
    if diversity.amount == 0 and cap is not None:
        return best_courses_capped(score, count, cap, departments)
    if cap is None:
        pool = best_courses(score, count * POOL_FACTOR)
    else:  # with this pool a list can be filled whenever the whole catalog could fill it
        pool = best_courses_capped(score, count * POOL_FACTOR, cap * POOL_FACTOR, departments)
    return _by_margin(score, pool, min(count, score.shape[1]), diversity, departments, signals.centred_courses)


def _by_margin(score: Floats, pool: Ints, count: int, diversity: Diversity, departments: Ints, centred: Floats) -> Ints:
    """MMR over the candidates `pool` (B, P); courses without a vector are like no other."""
    rows = np.arange(len(score))
    relevance = (1 - diversity.amount) * np.take_along_axis(score, np.maximum(pool, 0), axis=1)
    vectors, department = np.nan_to_num(centred)[pool], departments[pool]
    redundancy = np.zeros_like(relevance)
    free, picked = pool >= 0, np.zeros(pool.shape, np.bool_)
    chosen = np.full((len(score), count), -1, np.int32)
    for place in range(count):
        best = np.where(free, relevance - diversity.amount * redundancy, -np.inf).argmax(axis=1)
        found = free[rows, best]
        chosen[found, place] = pool[rows, best][found]
        free[rows, best] = False
        picked[rows, best] |= found
        np.maximum(redundancy, np.einsum("bpd,bd->bp", vectors, vectors[rows, best]), out=redundancy)
        if diversity.department_cap is not None:
            same = (department == department[rows, best, None]) & (department >= 0)
            full = (same & picked).sum(axis=1) >= diversity.department_cap
            free &= ~(same & full[:, None])
    return chosen
