"""Ranking all students at once: eligible courses by blended score, the best k with their contributions."""

from __future__ import annotations

from dataclasses import dataclass

from core.recommendation.arrays import Floats, Ints
from core.recommendation.blend import Weights
from core.recommendation.eligibility import Exclusions, Rules
from core.recommendation.population import PopulationData
from core.recommendation.signals import SignalTables


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPopulation:
    """A population with everything that does not depend on the weights. Made once, ranked at every slider move."""

    population: PopulationData
    signals: SignalTables
    exclusions: Exclusions


@dataclass(frozen=True, slots=True)
class Diversity:
    """Options after scoring. `amount` 0 to 1 trades score for variety (MMR); a cap bounds courses per department."""

    amount: float = 0.0
    department_cap: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RankedLists:
    """The best k courses of S students, best first. n is the number of signals, in the order of SIGNALS."""

    course_index: Ints  # (S, k), -1 where fewer than k courses are left
    score: Floats  # (S, k), the sum of the contributions; 0 where empty
    contributions: Floats  # (S, k, n)
    effective_weights: Floats  # (S, k, n), summing to 1 where a course stands


def prepare(population: PopulationData, rules: Rules = Rules()) -> PreparedPopulation:
    """Signals and exclusions of a population."""
    raise NotImplementedError


def rank_all(
    prepared: PreparedPopulation,
    weights: Weights,
    top_k: int = 10,
    diversity: Diversity = Diversity(),
    chunk: int = 128,
    workers: int | None = None,
) -> RankedLists:
    """The best `top_k` courses of every student."""
    raise NotImplementedError
