"""Scores of blocks of students: weighted table look-ups, and the exact signal values behind single scores.

Score = sum of effective weight x calibrated signal. What is missing counts 0 in the tables here, and the sum is then
divided by the weight that is present, which shares the missing weights out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.recommendation.arrays import Bools, Doubles, Floats, Ints
from core.recommendation.history import HISTORY_SCALE, HistoryFit
from core.recommendation.levels import YEARS
from core.recommendation.population import PopulationData
from core.recommendation.signals import SignalTables

INTEREST_BEST_SHARE = 0.75  # of interest fit: the best matching interest; the rest is the mean over all of them


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Signal tables with zeros for what is missing, a last row of zeros for the unknown, and each student's rows."""

    department_table: Floats  # (D + 1, C); index -1 takes the zeros, here and below
    interest_table: Floats  # (I + 1, C)
    level_table: Floats  # (Y + 1, C)
    popularity: Floats  # (C,)
    novelty: Floats  # (C,)
    history: HistoryFit
    department: Ints  # (S,) row of each student
    interests: Ints  # (S, M)
    interest_counts: Ints  # (S,)
    year: Ints  # (S,)
    courses_have: Bools  # (C, n) which signals are known of each course
    patterns: Bools  # (P, n) the distinct sets of signals that are known of a student
    pattern: Ints  # (S,) row of `patterns`


def build_lookup(population: PopulationData, tables: SignalTables) -> Lookup:
    """Where each student's signals are found."""
    year = np.searchsorted(YEARS, population.student_year).astype(np.int32)
    year = np.where(np.isin(population.student_year, YEARS), year, -1).astype(np.int32)
    known_departments = np.append(np.isfinite(tables.department).any(axis=1), False)
    department = np.where(known_departments[population.student_department], population.student_department, -1)
    counts = (population.student_interests >= 0).sum(axis=1).astype(np.int32)
    history = HistoryFit(tables, population.taken)
    everyone = np.ones(len(year), np.bool_)
    students_have = (department >= 0, counts > 0, history.known, year >= 0, everyone, everyone)
    shared = (tables.department, tables.interest, tables.centred_courses.T, tables.level)
    courses_have = [np.isfinite(table).any(axis=0) for table in shared]
    courses_have += [np.isfinite(tables.popularity), np.isfinite(tables.novelty)]
    patterns, pattern = np.unique(np.stack(students_have, axis=1), axis=0, return_inverse=True)
    return Lookup(
        _padded(tables.department),
        _padded(tables.interest),
        _padded(tables.level),
        np.nan_to_num(tables.popularity),
        np.nan_to_num(tables.novelty),
        history,
        department.astype(np.int32),
        population.student_interests,
        counts,
        year,
        np.stack(courses_have, axis=1),
        patterns,
        pattern.astype(np.int32),
    )


class Scorer:
    """Scores for one set of weights."""

    def __init__(self, lookup: Lookup, weights: Doubles) -> None:
        """`weights` (n,) in the order of SIGNALS, normalised."""
        self._lookup = lookup
        department, interest, self._history_weight, level, popularity, novelty = weights.astype(np.float32)
        self._department = lookup.department_table * department
        self._interest = lookup.interest_table * interest if interest else None
        self._level = lookup.level_table * level if level else None
        self._common = lookup.popularity * popularity + lookup.novelty * novelty
        present = (lookup.patterns * weights) @ lookup.courses_have.T.astype(np.float64)  # (P, C)
        self._unscorable = present <= 0
        self._scale = np.divide(1, present, out=np.zeros_like(present), where=~self._unscorable).astype(np.float32)

    def scores(self, rows: slice) -> Floats:
        """Scores in [0, 1] of the students in `rows`, (B, C); negative where nothing with a weight is known."""
        lookup, pattern = self._lookup, self._lookup.pattern[rows]
        score: Floats = self._department[lookup.department[rows]]
        if self._interest is not None:
            _add_interest(score, self._interest, lookup.interests[rows], lookup.interest_counts[rows])
        if self._history_weight:
            score += lookup.history.table[rows] * (self._history_weight / np.float32(HISTORY_SCALE))
        if self._level is not None:
            score += self._level[lookup.year[rows]]
        score += self._common
        score *= self._scale[pattern]
        if self._unscorable.any():
            score -= np.float32(2) * self._unscorable[pattern]
        return score


def _add_interest(score: Floats, table: Floats, interests: Ints, counts: Ints) -> None:
    best, total = np.zeros_like(score), np.zeros_like(score)
    for place in range(counts.max(initial=0)):
        fit = table[interests[:, place]]
        np.maximum(best, fit, out=best)
        total += fit
    best *= np.float32(INTEREST_BEST_SHARE)
    score += best
    total *= ((1 - INTEREST_BEST_SHARE) / np.maximum(counts, 1)).astype(np.float32)[:, None]
    score += total


def signal_values(lookup: Lookup, students: Ints, courses: Ints, with_history: bool = True) -> tuple[Doubles, Bools]:
    """Calibrated values (B, k, n) of chosen `courses` (B, k) for `students` (B,), and which are present.

    A missing value is 0 and not present. `with_history=False` spares reckoning that signal: its values are 0 then.
    """
    rows = students[:, None]
    interest = interest_values(lookup, students, courses)
    mean = interest.sum(axis=-1) / np.maximum(lookup.interest_counts[rows], 1)
    values = (
        lookup.department_table[lookup.department[rows], courses],
        INTEREST_BEST_SHARE * interest.max(axis=-1, initial=0) + (1 - INTEREST_BEST_SHARE) * mean,
        lookup.history.table[rows, courses] / HISTORY_SCALE if with_history else np.zeros(courses.shape),
        lookup.level_table[lookup.year[rows], courses],
        lookup.popularity[courses],
        lookup.novelty[courses],
    )
    present = lookup.patterns[lookup.pattern[rows]] & lookup.courses_have[courses]
    return np.stack(values, axis=-1).astype(np.float64) * present, present


def interest_values(lookup: Lookup, students: Ints, courses: Ints) -> Floats:
    """Fit of each single interest, (B, k, M); 0 beyond a student's last interest."""
    return lookup.interest_table[lookup.interests[students][:, None, :], courses[:, :, None]]


def _padded(table: Floats) -> Floats:
    return np.concatenate([np.nan_to_num(table), np.zeros((1, table.shape[1]), np.float32)])
