"""The best columns of each row of a score matrix, the same way every time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.recommendation.arrays import Floats, Ints


def best_courses(score: Floats, count: int) -> Ints:
    """Columns of the `count` highest scores of each row (B, C), best first, the first column first among equals.

    -1 stands where fewer columns have a score of 0 or more.
    """
    columns = score.shape[1]
    count = min(count, columns)
    keys = order_keys(score, np.arange(columns), columns)
    keys.partition(columns - count, axis=1)
    best = np.sort(keys[:, columns - count :], axis=1)[:, ::-1]
    return np.where(best >= 0, columns - 1 - (best & 0xFFFFFFFF), -1).astype(np.int32)


def order_keys(score: Floats, places: npt.NDArray[np.integer], columns: int) -> npt.NDArray[np.int64]:
    """Whole numbers that order like the scores (B, n) of the columns `places` (n,) out of `columns`, first among equals
    first, so that a single partition settles ties as well.

    They are made of the score's bits and the column: scores of 0 and more order like the integers that share their
    bits (IEEE 754), and negative ones stay negative.
    """
    keys = np.ascontiguousarray(score).view(np.int32).astype(np.int64) << 32
    keys |= columns - 1 - places
    return keys


def best_courses_capped(score: Floats, count: int, cap: int, departments: Ints) -> Ints:
    """As best_courses, with at most `cap` columns of one department; those of department -1 are not capped."""
    count = min(count, score.shape[1])
    chosen = np.full((len(score), count), -1, np.int32)
    used = np.zeros((len(score), departments.max(initial=-1) + 2), np.int32)  # the last column counts the -1
    rows, left = np.arange(len(score)), score.copy()
    for place in range(count):
        best = left.argmax(axis=1)
        found = left[rows, best] >= 0
        chosen[found, place] = best[found]
        left[rows, best] = -1
        department = departments[best]
        used[rows, department] += 1
        full = np.flatnonzero(found & (department >= 0) & (used[rows, department] == cap))
        left[full] = np.where(departments == department[full, None], -1, left[full])
    return chosen
