"""Students, weights, and lists with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Student:
    """One person who receives recommendations. No name."""

    student_id: str  # a pseudonym; in what an upload brings, the university's number
    department: str = ""
    year: int | None = None
    interests: tuple[str, ...] = ()
    taken_course_keys: tuple[str, ...] = ()
    taken_on: tuple[str, ...] = ()  # a date (ISO 8601) for each taken course, "" unknown; empty: no dates at all


@dataclass(frozen=True, slots=True)
class WeightSet:
    """A named, versioned set of recommender weights."""

    weight_set_id: str
    name: str
    version: int
    weights: Mapping[str, float]  # signal name -> weight, not necessarily summing to 1
    created_at: datetime
    author: str = ""
    note: str = ""
    is_published: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)  # see core.recommendation.options


@dataclass(frozen=True, slots=True)
class Contribution:
    """One addend of a score: effective weight times calibrated signal."""

    signal: str
    weight: float  # effective (normalised) weight
    value: float  # calibrated signal, 0 to 1
    evidence: str = ""  # for example the interest or department that matched best

    @property
    def amount(self) -> float:
        """What this signal adds to the score."""
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One ranked course of one student, explained by contributions that sum to the score."""

    student_id: str
    course_key: str
    rank: int  # 1-based
    score: float
    contributions: tuple[Contribution, ...]
