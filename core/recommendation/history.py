"""Similarity of courses to what each student took: the one personal signal, made when a weight first asks for it."""

from __future__ import annotations

from threading import Lock

import numpy as np

from core.recommendation.arrays import Bools, Bytes, Floats
from core.recommendation.calibration import stretch_rows
from core.recommendation.population import Taken
from core.recommendation.signals import SignalTables

HISTORY_SCALE = 255
_BLOCK = 128  # students at a time: bounds the memory, and stays in the processor's cache


class HistoryFit:
    """What `history_fit` gives, made at most once and only if needed: it takes most of the time and of the memory."""

    def __init__(self, signals: SignalTables, taken: Taken) -> None:
        self._signals = signals
        self._taken = taken
        self._lock = Lock()
        self._table: Bytes | None = None

    @property
    def table(self) -> Bytes:
        """Similarity of all courses to what each student took, (S, C), 0 to HISTORY_SCALE for 0 to 1."""
        with self._lock:
            if self._table is None:
                self._table = history_fit(self._signals, self._taken)
            return self._table

    @property
    def known(self) -> Bools:
        """Which students took a course that has a vector, (S,)."""
        return _students_with_profile(self._signals.centred_courses, self._taken)


def history_fit(tables: SignalTables, taken: Taken) -> Bytes:
    """Similarity of all courses to what each student took, (S, C), 0 to 255 for 0 to 1; 0 without history.

    A student's profile is the mean of the taken courses' vectors (Rocchio's, as usual for content-based filtering);
    each row has a stretch of its own, so that it does not depend on other students. A byte is exact enough for a
    similarity, keeps 5,000 x 2,000 in 10 MB, and hides the last bits, in which matrix products of different shapes
    differ.
    """
    vectors = np.nan_to_num(tables.centred_courses)
    has_vector = np.asarray(np.isfinite(tables.centred_courses).all(axis=1))
    anchors = np.flatnonzero(tables.on_offer & has_vector)
    students = np.flatnonzero(_students_with_profile(tables.centred_courses, taken))
    fit = np.zeros((len(taken.counts), len(vectors)), np.uint8)
    if not len(anchors):
        return fit
    transposed = np.ascontiguousarray(vectors.T)
    for start in range(0, len(students), _BLOCK):
        rows = students[start : start + _BLOCK]
        raw = _profiles(taken, vectors, rows) @ transposed
        stretch_rows(raw, anchors)
        raw *= HISTORY_SCALE
        raw[:, ~has_vector] = 0
        fit[rows] = np.rint(raw, out=raw)
    return fit


def _students_with_profile(centred: Floats, taken: Taken) -> Bools:
    has_vector = np.asarray(np.isfinite(centred).all(axis=1))
    counts = np.bincount(taken.students[has_vector[taken.courses]], minlength=len(taken.counts))
    return np.asarray(counts > 0)


def _profiles(taken: Taken, vectors: Floats, students: np.ndarray) -> Floats:
    """Unit mean vectors of students who took something, (B, d)."""
    courses = np.concatenate([taken.of(student) for student in students.tolist()])
    starts = np.concatenate([[0], np.cumsum(taken.counts[students])[:-1]])
    sums: Floats = np.add.reduceat(vectors[courses], starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(lengths > 0, lengths, 1), np.float32)
