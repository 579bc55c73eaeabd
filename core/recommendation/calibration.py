"""Calibration: raw similarities to [0, 1], so that a weight means what it says.

Raw cosines of e5 models crowd between 0.75 and 0.9: multiplied by a weight as they are, they would add nearly the
same to every course. Each row (one department, one interest, one student's history) is therefore stretched between
two anchors of the catalog at hand:

    0 = no nearer than the typical course (the median of the row),
    1 = as near as the nearest course.

Two choices and their reasons:
- Linear, not percentile ranks: ranks would give the ten best of 2,000 courses 0.995 to 1.000 and so throw away how
  much better the first is than the tenth, which is what a top list is about.
- A row's stretch is at least the median stretch of all rows: an interest that no course serves has no outlier, and
  without the floor its least bad course would count as a perfect match.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.recommendation.arrays import Bools, Floats

Indices = npt.NDArray[np.intp]


def calibrate_rows(raw: Floats, anchors: Bools) -> Floats:
    """Each row of `raw` (R, C) stretched to [0, 1]; NaN stays NaN.

    `anchors` (C,) says which columns count for the anchors (the courses on offer); columns of NaN never do.
    """
    columns = np.flatnonzero(anchors & np.isfinite(raw).any(axis=0))
    rows = np.isfinite(raw).any(axis=1)
    result = np.full(raw.shape, np.nan, np.float32)
    if len(columns) and rows.any():
        stretched = raw[rows]
        stretch_rows(stretched, columns, share_floor=True)
        result[rows] = stretched
    return result


def stretch_rows(raw: Floats, anchors: Indices, share_floor: bool = False) -> None:
    """Each row of `raw` (R, C) stretched to [0, 1] in place; `anchors` are the columns that count, at least one.

    Without `share_floor` every row has its own stretch, so that a row's result does not depend on the other rows.
    """
    counted = raw if len(anchors) == raw.shape[1] else raw[:, anchors]
    middle = (counted.shape[1] - 1) // 2
    low = np.partition(counted, middle, axis=1)[:, middle : middle + 1]  # np.median does the same, 8 times slower
    stretch = counted.max(axis=1, keepdims=True) - low
    if share_floor:
        stretch = np.maximum(stretch, np.median(stretch))
    raw -= low
    raw /= np.where(stretch > 0, stretch, np.float32(1))
    np.clip(raw, 0, 1, out=raw)
