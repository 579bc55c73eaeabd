"""Recommendations of all students, run by run, each with the contributions that explain it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.records import Contribution, Recommendation
from core.storage.connection import Database
from core.storage.conversion import from_stored_time, insert_columns, new_id, now, to_stored_time
from core.storage.queries import recommendations as queries


@dataclass(frozen=True, slots=True, eq=False)
class RankedArrays:
    """What the recommender found for S students, k places and n signals."""

    student_ids: Sequence[str]  # (S,)
    course_keys: Sequence[str]  # what `course_index` points into
    signals: Sequence[str]  # (n,) names
    course_index: npt.NDArray[np.int32]  # (S, k), best first; -1: no course at this place
    score: npt.NDArray[np.float32]  # (S, k)
    contributions: npt.NDArray[np.float32]  # (S, k, n), summing to the score
    effective_weights: npt.NDArray[np.float32]  # (S, k, n), or what broadcasts to it
    evidence: npt.NDArray[np.object_] | None = None  # (S, k, n) words such as the interest that matched best


@dataclass(frozen=True, slots=True)
class RecommendationRun:
    """One computation of recommendations for all students."""

    run_id: str
    catalog_id: str
    weight_set_id: str
    created_at: datetime
    embedding_model: str
    text_version: str  # hash over the published texts that were embedded
    seconds: float
    signals: tuple[str, ...]
    student_count: int
    top_k: int
    data_version: str  # hash over the courses and students that were ranked
    lists_hash: str  # SHA-256 over the lists as they were stored
    release_id: str  # of the release that the texts are from; "" when none was published


class RecommendationStore:
    """Reads and writes runs. A run is written once, whole, and stays."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self,
        catalog_id: str,
        weight_set_id: str,
        ranked: RankedArrays,
        *,
        embedding_model: str = "",
        text_version: str = "",
        data_version: str = "",
        release_id: str = "",
        seconds: float = 0.0,
    ) -> str:
        """Store a run in one transaction and return its id. `seconds` is what computing it took."""
        run_id = new_id()
        student_count, top_k = ranked.course_index.shape
        run = [run_id, catalog_id, weight_set_id, to_stored_time(now()), embedding_model, text_version, seconds]
        made_from = [data_version, release_id]
        columns = _columns(ranked)
        with self._database.write() as cursor:
            cursor.execute(queries.ADD_RUN, [*run, list(ranked.signals), student_count, top_k, *made_from])
            insert_columns(cursor, queries.ADD, {"run_id": pa.repeat(run_id, len(columns["rank"])), **columns})
            lists_hash = cursor.execute(queries.LISTS_HASH, [run_id]).fetchall()[0][0]
            cursor.execute(queries.SET_LISTS_HASH, [lists_hash, run_id])
        return run_id

    def forget_students(self, student_ids: Sequence[str]) -> int:
        """Delete these students' places in all lists; returns how many. A run whose hash did fit gets a new one."""
        with self._database.write() as cursor:
            runs = [row[0] for row in cursor.execute(queries.RUNS_OF_STUDENTS, [list(student_ids)]).fetchall()]
            hashes = {run_id: run.lists_hash for run_id in runs if (run := self.run(run_id)) is not None}
            whole = [run_id for run_id, known in hashes.items() if known == self.lists_hash(run_id)]
            count = int(cursor.execute(queries.FORGET_STUDENTS, [list(student_ids)]).fetchall()[0][0])
            for run_id in whole:
                cursor.execute(queries.SET_LISTS_HASH, [self.lists_hash(run_id), run_id])
        return count

    def lists_hash(self, run_id: str) -> str:
        """SHA-256 over the lists of a run as they are now; equal to the run's own when nothing was altered."""
        with self._database.read() as cursor:
            return str(cursor.execute(queries.LISTS_HASH, [run_id]).fetchall()[0][0])

    def runs(self, catalog_id: str) -> list[RecommendationRun]:
        """The runs of a catalog, newest first."""
        return [_run(row) for row in self._database.fetch(queries.RUNS, [catalog_id])]

    def latest_run(self, catalog_id: str) -> RecommendationRun | None:
        """The newest run of a catalog, None when there is none."""
        return next(iter(self.runs(catalog_id)), None)

    def run(self, run_id: str) -> RecommendationRun | None:
        """One run, None when there is none."""
        row = self._database.fetch_one(queries.GET_RUN, [run_id])
        return None if row is None else _run(row)

    def for_student(self, student_id: str, run_id: str | None = None) -> list[Recommendation]:
        """A student's list of one run (default: the newest of all), best first."""
        row = (
            self._database.fetch_one(queries.GET_RUN, [run_id])
            if run_id
            else self._database.fetch_one(queries.NEWEST_RUN)
        )
        if row is None:
            return []
        run = _run(row)
        rows = self._database.fetch(queries.OF_STUDENT, [run.run_id, student_id])
        return [_recommendation(each, run.signals) for each in rows]

    def count(self, run_id: str) -> int:
        """How many courses all lists of a run hold."""
        return int(self._database.fetch(queries.COUNT, [run_id])[0][0])

    def of_run(self, run_id: str) -> list[Recommendation]:
        """Everything a run recommended, by student and rank."""
        run = self.run(run_id)
        if run is None:
            return []
        return [_recommendation(row, run.signals) for row in self._database.fetch(queries.OF_RUN, [run_id])]


def _columns(ranked: RankedArrays) -> dict[str, pa.Array]:
    """One row per filled place, as Arrow arrays made from the NumPy ones without a Python loop over rows."""
    students, places = np.nonzero(ranked.course_index >= 0)
    weights = np.broadcast_to(ranked.effective_weights, ranked.contributions.shape)
    evidence = None if ranked.evidence is None else ranked.evidence[students, places]
    return {
        "student_id": pa.array(ranked.student_ids, pa.string()).take(pa.array(students)),
        "course_key": pa.array(ranked.course_keys, pa.string()).take(pa.array(ranked.course_index[students, places])),
        "rank": pa.array(places + 1, pa.int32()),
        "score": pa.array(ranked.score[students, places], pa.float32()),
        "signal_weights": _lists(weights[students, places], pa.float32()),
        "contributions": _lists(ranked.contributions[students, places], pa.float32()),
        "evidence": _lists(np.empty((len(students), 0), object) if evidence is None else evidence, pa.string()),
    }


def _lists(rows: npt.NDArray[Any], value_type: Any) -> pa.Array:
    """A matrix as an Arrow array of one list a row."""
    count, width = rows.shape
    offsets = pa.array(np.arange(count + 1) * width, pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(rows.ravel(), value_type))


def _run(row: tuple[Any, ...]) -> RecommendationRun:
    values = dict(zip((field.name for field in fields(RecommendationRun)), row, strict=True))
    values |= {"created_at": from_stored_time(values["created_at"]), "signals": tuple(values["signals"])}
    return RecommendationRun(**values)


def _recommendation(row: tuple[Any, ...], signals: Sequence[str]) -> Recommendation:
    student_id, course_key, rank, score, weights, amounts, evidence = row
    words = evidence or [""] * len(signals)
    contributions = tuple(
        Contribution(signal, weight, amount / weight if weight else 0.0, word or "")
        for signal, weight, amount, word in zip(signals, weights, amounts, words, strict=True)
    )
    return Recommendation(student_id, course_key, rank, score, contributions)
