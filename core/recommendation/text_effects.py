"""What other texts of some courses would do to all lists, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.recommendation.arrays import Bools, Floats, Ints
from core.recommendation.blend import Weights
from core.recommendation.options import ListOptions, eligible
from core.recommendation.ranking import CHUNK, PreparedPopulation, RankedLists
from core.recommendation.scoring import Scorer, build_lookup
from core.recommendation.signals import build_signals
from core.recommendation.topk import order_keys


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """For each of n courses: how many students' lists it enters and leaves."""

    enters: Ints  # (n,)
    leaves: Ints  # (n,)


def with_vectors(prepared: PreparedPopulation, vectors: Mapping[int, Floats]) -> PreparedPopulation:
    """The same students and rules over a catalog in which some courses (by position) have other vectors."""
    course_vectors = prepared.population.course_vectors.copy()
    for position, vector in vectors.items():
        course_vectors[position] = vector
    population = replace(prepared.population, course_vectors=course_vectors)
    signals = build_signals(population)
    return PreparedPopulation(population, signals, build_lookup(population, signals), prepared.exclusions)


def moves_of(
    before: PreparedPopulation,
    after: PreparedPopulation,
    courses: Ints,
    weights: Weights,
    top_k: int,
    options: ListOptions,
) -> Moves:
    """What each of `courses` (n,) would do alone: its score `after` against the lists of `before`.

    By score alone, without the choice for variety and caps of departments: meant for putting many texts in order.
    """
    enters, leaves = np.zeros(len(courses), np.int32), np.zeros(len(courses), np.int32)
    for kinds in options.grouping.kinds:
        old, new = eligible(before, options, kinds), eligible(after, options, kinds)
        old_scorer, new_scorer = Scorer(old.lookup, weights.normalised), Scorer(new.lookup, weights.normalised)
        for start in range(0, len(before.population.students), CHUNK):
            rows = slice(start, min(start + CHUNK, len(before.population.students)))
            old_scores, new_scores = _scores(old, old_scorer, rows), _scores(new, new_scorer, rows)[:, courses]
            was_in, is_in = _memberships(old_scores, new_scores, courses, top_k)
            enters += (is_in & ~was_in).sum(axis=0, dtype=np.int32)
            leaves += (was_in & ~is_in).sum(axis=0, dtype=np.int32)
    return Moves(enters, leaves)


def _scores(prepared: PreparedPopulation, scorer: Scorer, rows: slice) -> Floats:
    """As ranking has them: below 0 is never chosen."""
    score = scorer.scores(rows)
    score -= np.float32(2) * prepared.exclusions.block(rows.start, rows.stop)
    return score


def _memberships(old: Floats, new: Floats, courses: Ints, top_k: int) -> tuple[Bools, Bools]:
    """Who has each course among the best k now (B, n), and who would have it with its new score.

    A course that is in stays while it beats the best one outside; one that is out has to beat the last one inside.
    """
    count = old.shape[1]
    now, then = order_keys(old[:, courses], courses, count), order_keys(new, courses, count)
    if count <= top_k:
        return now >= 0, then >= 0
    keys = order_keys(old, np.arange(count), count)
    keys.partition((count - top_k - 1, count - top_k), axis=1)
    outside, inside = keys[:, count - top_k - 1, None], keys[:, count - top_k, None]
    was_in = (now >= inside) & (now >= 0)
    return was_in, (then >= 0) & (then > np.where(was_in, outside, inside))


def lists_changed(before: RankedLists, after: RankedLists) -> Bools:
    """Which students (S,) would have another set of courses in their list; the order within it does not count."""
    old, new = (np.sort(ranked.course_index, axis=1) for ranked in (before, after))
    return np.asarray((old != new).any(axis=1))
