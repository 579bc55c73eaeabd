"""How well lists find held-out courses: recall, nDCG and MRR with bootstrap intervals.

scikit-learn's `ndcg_score` and SciPy's `bootstrap` would do, but importing them costs the app process a second and
100 MB, `ndcg_score` wants the dense score of every pair, and there is no recall@k or MRR beside it. The tests
compare with scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.evaluation.population import Bools, Doubles, Ints
from core.records import Message

BOOTSTRAP_ROUNDS = 1000
CONFIDENCE = 0.95
_BLOCK = 50  # bootstrap rounds drawn at a time: bounds the memory


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its bootstrap interval."""

    mean: float
    low: float
    high: float
    count: int  # values behind it


@dataclass(frozen=True, slots=True)
class RankingMetrics:
    """Figures over all queries (students) that have held-out courses."""

    ndcg: Interval
    recall: Interval
    reciprocal_rank: Interval


def find_hits(lists: Ints, held_out: Sequence[Sequence[int]]) -> tuple[Bools, Ints]:
    """Where the lists (Q, k) name a held-out course, (Q, k), and how many were held out of each, (Q,)."""
    hits = np.array([np.isin(row, wanted) for row, wanted in zip(lists, held_out, strict=True)], np.bool_)
    return hits.reshape(lists.shape), np.array([len(wanted) for wanted in held_out], np.int32)


def recall_at_k(hits: Bools, relevant: Ints) -> Doubles:
    """Share of the relevant courses that the list names, (Q,). Every query must have a relevant course."""
    return np.asarray(hits.sum(axis=1) / relevant, np.float64)


def ndcg_at_k(hits: Bools, relevant: Ints) -> Doubles:
    """Binary nDCG (Järvelin and Kekäläinen 2002): gain 1 discounted by log2(rank + 1), over the best possible, (Q,)."""
    discount = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.concatenate([[0], np.cumsum(discount)])[np.minimum(relevant, hits.shape[1])]
    return np.asarray(hits @ discount / ideal, np.float64)


def reciprocal_rank(hits: Bools) -> Doubles:
    """1 over the rank of the first hit, 0 without one, (Q,)."""
    return np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0)


def measure_each(lists: Ints, held_out: Sequence[Sequence[int]]) -> dict[str, Doubles]:
    """Each figure of RankingMetrics for each query, (Q,), for paired comparisons and groups."""
    hits, relevant = find_hits(lists, held_out)
    return {
        "ndcg": ndcg_at_k(hits, relevant),
        "recall": recall_at_k(hits, relevant),
        "reciprocal_rank": reciprocal_rank(hits),
    }


def measure_ranking(lists: Ints, held_out: Sequence[Sequence[int]], seed: int = 0) -> RankingMetrics:
    """All three figures at k, the length of the lists. Each query must have at least one held-out course."""
    return RankingMetrics(**{name: bootstrap_mean(each, seed) for name, each in measure_each(lists, held_out).items()})


def bootstrap_mean(values: Doubles, seed: int = 0, rounds: int = BOOTSTRAP_ROUNDS) -> Interval:
    """The mean with a percentile bootstrap interval (Efron 1979) over the values; NaN when there are none."""
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    generator = np.random.default_rng(seed)
    means = np.concatenate(
        [
            values[generator.integers(0, len(values), (min(_BLOCK, rounds - start), len(values)))].mean(axis=1)
            for start in range(0, rounds, _BLOCK)
        ]
    )
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(values.mean()), float(low), float(high), len(values))


Verdict = Literal["better", "worse", "no_difference", "too_few"]


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean difference between two settings on the same students, and what it says."""

    interval: Interval
    verdict: Verdict

    @property
    def message(self) -> Message:
        """The verdict in words."""
        return Message(f"recommendation.verdict.{self.verdict}")


def compare_paired(new: Doubles, old: Doubles, seed: int = 0) -> Difference:
    """Whether `new` (Q,) is better than `old` (Q,) on the same queries; 'no difference' when the interval holds 0."""
    interval = bootstrap_mean(new - old, seed)
    verdict: Verdict = "no_difference"
    if interval.low > 0:
        verdict = "better"
    elif interval.high < 0:
        verdict = "worse"
    return Difference(interval, verdict)
