"""What a set of lists does to the whole student body.

Lists are (S, k) arrays of course positions, best first, -1 where a list is shorter. The measures are a line or two
of NumPy each; libraries that have them (RecTools, Elliot, recommenders) want data frames of every pair and bring
numba, torch or Spark into the app process, which has to stay light and redraw at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

_BLOCK = 128  # students at a time: the sums stay in the processor's cache
SAME_SCORE = 1e-9  # what differs less differs by rounding only
RBO_PERSISTENCE = 0.9  # Webber et al. 2010: the first ten places carry 86 % of the weight


@dataclass(frozen=True, slots=True, eq=False)
class PopulationMetrics:
    """Figures about all lists together."""

    own_department_share: float  # of listed courses, those of the student's own department; NaN when none is known
    coverage: float  # share of the courses on offer that stand in at least one list
    gini: float  # concentration of the places on courses: 0 all alike, towards 1 all on one course
    diversity: float  # mean over students of 1 - cosine between the courses of a list; NaN without vectors
    never_recommended: Ints  # positions of the courses on offer that nobody gets
    exposure: Ints  # (C,) in how many lists each course stands


@dataclass(frozen=True, slots=True)
class Churn:
    """How much lists differ from other lists of the same students."""

    lists_changed: float  # share of the lists with another set of courses
    overlap: float  # mean share of the courses that two lists have in common
    similarity: float  # mean rank-biased overlap: 1 same order, 0 nothing in common; the first places count most


def measure_population(
    lists: Ints, on_offer: Bools, course_department: Ints, student_department: Ints, course_vectors: Floats
) -> PopulationMetrics:
    """All figures of one set of lists. `course_vectors` (C, d) are of unit length or NaN."""
    exposure = count_exposure(lists, len(on_offer))
    shares = own_department_shares(lists, course_department, student_department)
    return PopulationMetrics(
        own_department_share=mean_of_known(shares),
        coverage=float((exposure[on_offer] > 0).mean()) if on_offer.any() else 0.0,
        gini=gini(exposure[on_offer]),
        diversity=mean_of_known(list_diversities(lists, course_vectors)),
        never_recommended=np.flatnonzero(on_offer & (exposure == 0)).astype(np.int32),
        exposure=exposure,
    )


def count_exposure(lists: Ints, course_count: int) -> Ints:
    """In how many lists each course stands, (C,)."""
    return np.bincount(lists[lists >= 0], minlength=course_count).astype(np.int32)


def own_department_shares(lists: Ints, course_department: Ints, student_department: Ints) -> Doubles:
    """For each student the share of listed courses of the own department; NaN where it or the list is empty."""
    filled = lists >= 0
    own = filled & (course_department[lists] == student_department[:, None])
    return _ratio(own.sum(axis=1), np.where(student_department >= 0, filled.sum(axis=1), 0))


def gini(amounts: npt.ArrayLike) -> float:
    """Gini coefficient of non-negative amounts (mean absolute difference over twice the mean); 0 when all are 0."""
    ordered = np.sort(np.asarray(amounts, np.float64))
    count, total = len(ordered), float(ordered.sum())
    if not total:
        return 0.0
    return float((2 * np.arange(1, count + 1) - count - 1) @ ordered / (count * total))


def list_diversities(lists: Ints, course_vectors: Floats) -> Doubles:
    """For each student the mean of 1 - cosine over all pairs of listed courses; NaN with fewer than two vectors.

    Uses that the squared length of the sum of n unit vectors is n plus the cosines of all ordered pairs.
    """
    known = np.asarray(np.isfinite(course_vectors).all(axis=1))
    vectors = np.concatenate([np.nan_to_num(course_vectors), np.zeros((1, course_vectors.shape[1]), np.float32)])
    squares = np.empty(len(lists))
    for start in range(0, len(lists), _BLOCK):
        block = lists[start : start + _BLOCK]  # an empty place, -1, takes the row of zeros at the end
        sums = vectors[block[:, 0]] if block.shape[1] else np.zeros((len(block), vectors.shape[1]), np.float32)
        for column in block.T[1:]:
            sums += vectors[column]
        squares[start : start + _BLOCK] = np.einsum("sd,sd->s", sums, sums)
    count = ((lists >= 0) & known[lists]).sum(axis=1)
    return np.asarray(1 - _ratio(squares - count, count * (count - 1)))


def measure_churn(old: Ints, new: Ints) -> Churn:
    """How `new` lists (S, k) differ from `old` ones (S, j), of the same students in the same order."""
    if not len(old):
        return Churn(0.0, 1.0, 1.0)
    depth = max(old.shape[1], new.shape[1])
    old, new = (np.pad(part, ((0, 0), (0, depth - part.shape[1])), constant_values=-1) for part in (old, new))
    same = (old[:, :, None] == new[:, None, :]) & (old >= 0)[:, :, None]
    common = same.sum(axis=(1, 2))
    longest = np.maximum((old >= 0).sum(axis=1), (new >= 0).sum(axis=1))
    overlap = np.where(longest > 0, common / np.maximum(longest, 1), 1.0)
    return Churn(float((common < longest).mean()), float(overlap.mean()), float(rank_biased_overlap(old, new).mean()))


def rank_biased_overlap(old: Ints, new: Ints, persistence: float = RBO_PERSISTENCE) -> Doubles:
    """RBO of each pair of lists, extrapolated from depth k (Webber, Moffat and Zobel 2010, equation 23), (S,).

    Empty places at the same depth agree, so that two equal short lists have 1.
    """
    depth = old.shape[1]
    same = (old[:, :, None] == new[:, None, :]) & (old >= 0)[:, :, None]
    places = np.arange(depth)
    same[:, places, places] |= (old < 0) & (new < 0)
    common = same.cumsum(axis=1).cumsum(axis=2)[:, places, places]  # (S, k): in common down to each depth
    agreement = common / (places + 1)
    weights = (1 - persistence) * persistence**places
    return np.asarray(agreement @ weights + agreement[:, -1] * persistence**depth)


def tied_share(lists: Ints, scores: Doubles) -> float:
    """Share of the filled places (S, k) whose score another place of the same list has too, whatever their order.

    Between such courses nothing but the fixed order for ties decides, so figures for them say little about weights.
    """
    filled = lists >= 0
    ordered = np.sort(np.where(filled, scores, np.nan), axis=1)  # NaN, the empty places, comes last and is never equal
    same = np.abs(np.diff(ordered, axis=1)) < SAME_SCORE
    tied = np.zeros(lists.shape, np.bool_)
    tied[:, 1:] |= same
    tied[:, :-1] |= same
    return float(tied.sum() / filled.sum()) if filled.any() else 0.0


def by_group(values: Doubles, groups: Ints, group_count: int) -> Doubles:
    """Mean of the known `values` (S,) within each group, (G,); NaN for empty groups. Group -1 is left out."""
    counted = np.isfinite(values) & (groups >= 0)
    sums = np.bincount(groups[counted], weights=values[counted], minlength=group_count)
    return _ratio(sums, np.bincount(groups[counted], minlength=group_count))


def mean_of_known(values: Doubles) -> float:
    """Mean of what is not NaN; NaN when nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _ratio(above: npt.NDArray[np.generic], below: npt.NDArray[np.generic]) -> Doubles:
    top, bottom = np.asarray(above, np.float64), np.asarray(below, np.float64)
    result: Doubles = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
    return result
