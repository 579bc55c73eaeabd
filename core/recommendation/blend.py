"""Weights: what staff set, normalised, and shared out where a signal is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from core.errors import RecommendationError
from core.recommendation.arrays import Bools, Doubles

SIGNALS = ("department", "interest", "history", "level", "popularity", "novelty")


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight a signal, 0 or more, not necessarily summing to 1. The default is the report's 70 to 30.

    Raises RecommendationError when a weight is negative or not a number, or when all are 0.
    """

    department: float = 0.7
    interest: float = 0.3
    history: float = 0.0
    level: float = 0.0
    popularity: float = 0.0
    novelty: float = 0.0

    def __post_init__(self) -> None:
        for name, weight in self.as_mapping().items():
            if not math.isfinite(weight) or weight < 0:
                raise RecommendationError("recommendation.error.bad_weight", signal=name)
        if not any(self.as_mapping().values()):
            raise RecommendationError("recommendation.error.all_weights_zero")

    @classmethod
    def from_mapping(cls, weights: Mapping[str, float]) -> Weights:
        """Weights from signal names; a signal that is not named has weight 0.

        Raises RecommendationError for an unknown signal name.
        """
        for name in weights:
            if name not in SIGNALS:
                known = ", ".join(SIGNALS)
                raise RecommendationError("recommendation.error.unknown_signal", signal=name, known=known)
        return cls(**{name: float(weights.get(name, 0.0)) for name in SIGNALS})

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Weights written as `department=0.7,interest=0.3`. Raises RecommendationError when they are not."""
        weights = {}
        for part in text.split(","):
            name, _, value = part.partition("=")
            try:
                weights[name.strip()] = float(value)
            except ValueError:
                raise RecommendationError("recommendation.error.unreadable_weights", text=text) from None
        return cls.from_mapping(weights)

    def as_mapping(self) -> dict[str, float]:
        """Signal name -> weight as set."""
        return asdict(self)

    @property
    def normalised(self) -> Doubles:
        """The weights in the order of SIGNALS, summing to 1, float64."""
        weights: Doubles = np.array([getattr(self, name) for name in SIGNALS], np.float64)
        return weights / float(weights.sum())


def effective_weights(weights: Doubles, present: Bools) -> Doubles:
    """Weights of missing signals shared out among the present, in proportion to their own weights.

    `weights` is (n,), `present` (..., n); the result (..., n) sums to 1 over the last axis, or to 0 where no
    signal with a weight is present.
    """
    kept: Doubles = weights * present
    total = kept.sum(axis=-1, keepdims=True)
    shared: Doubles = np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)
    return shared
