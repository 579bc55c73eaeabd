"""Jobs, how their items went, and how far each journal has been copied into the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import duckdb

from core.errors import StorageError
from core.records import ItemState, Job, JobKind, JobStatus, Message, Timing
from core.storage.connection import Database
from core.storage.conversion import (
    from_json,
    from_optional_json,
    from_optional_time,
    from_stored_time,
    insert_columns,
    now,
    to_json,
    to_stored_time,
)
from core.storage.embedding_store import EmbeddingStore
from core.storage.enhancement_store import EnhancementStore
from core.storage.journal_batch import ItemSample, JobForecast, JobItem, JobWork, JournalBatch
from core.storage.measurement_store import MeasurementStore
from core.storage.queries import jobs as queries

Ids = list[str]
Jobs = list[Job]  # the method `list` hides the type's own name inside the class
JobItems = list[JobItem]
Timings = list[Timing]
Samples = list[ItemSample]


class JobStore:
    """Reads and writes jobs. `Job.journal_position` says which part of the journal is stored: after a loss of
    committed rows it goes back with them, and reading the journal from there brings them again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._enhancements = EnhancementStore(database)
        self._embeddings = EmbeddingStore(database)
        self._measurements = MeasurementStore(database)

    def create(self, job: Job, items: Sequence[str], idempotency_key: str = "", *, may_wait: bool = False) -> Job:
        """Store a new job with its item keys, in their order, and return it.

        When a job that has not ended has the same key, or (unless `may_wait`) the same catalog and kind, that one is
        returned instead and nothing is stored: compare the ids. Callers at the same moment get the same one.
        """
        with self._database.write() as cursor:
            kind = "" if may_wait else job.kind.value
            same = {"key": idempotency_key, "catalog_id": job.catalog_id, "kind": kind}
            found = cursor.execute(queries.SAME_ACTIVE_JOB, same).fetchall()
            if found:
                return self.get(found[0][0])
            _add(cursor, job, items, idempotency_key)
            return self.get(job.job_id)

    def recover(self, job: Job, items: Sequence[str]) -> Job:
        """Store a job that the database has lost, whatever else is active; one that is stored stays as it is."""
        with self._database.write() as cursor:
            if cursor.execute(queries.JOB_EXISTS, [job.job_id]).fetchone() is None:
                _add(cursor, job, items, "")
            return self.get(job.job_id)

    def get(self, job_id: str) -> Job:
        """One job with the counts of its items. Raises StorageError when there is none."""
        row = self._database.fetch_one(queries.GET_JOB, [job_id])
        if row is None:
            raise StorageError("storage.no_job", job_id=job_id)
        return _job(row)

    def list(self, limit: int = 100, kind: JobKind | None = None, catalog_id: str | None = None) -> Jobs:
        """The newest jobs first."""
        parameters = {"kind": None if kind is None else kind.value, "catalog_id": catalog_id, "limit": limit}
        with self._database.read() as cursor:
            return [_job(row) for row in cursor.execute(queries.LIST_JOBS, parameters).fetchall()]

    def active(self) -> Jobs:
        """Jobs that have not ended (queued, running, paused), newest first."""
        if self._database.fetch_one(queries.ANY_ACTIVE) is None:  # a tenth of the work, and mostly the answer
            return []
        return [_job(row) for row in self._database.fetch(queries.ACTIVE_JOBS)]

    def stored_length(self, kind: JobKind) -> tuple[int, int]:
        """How many jobs of this kind there are, and how many bytes of their journals are stored.

        It differs after each result that came in.
        """
        count, length = self._database.fetch(queries.STORED_LENGTH, [kind.value])[0]
        return count, int(length)

    def set_status(self, job_id: str, status: JobStatus, error: Message | None = None) -> Job:
        """Change where a job stands; returns the job as it is then.

        The first end is kept: a job that has ended is returned unchanged (`reopen` starts it again), so that a
        cancel that races with the finish leaves one end.
        """
        with self._database.write() as cursor:
            job = self.get(job_id)
            if job.status.is_final:
                return job
            _set_status(cursor, job_id, status, error)
            return self.get(job_id)

    def reopen(self, job_id: str, states: Collection[ItemState] = (ItemState.FAILED, ItemState.SET_ASIDE)) -> Job:
        """Queue a job again, its items in `states` pending with no attempts; finished items stay finished."""
        with self._database.write() as cursor:
            cursor.execute(queries.RESET_ITEMS, [job_id, [state.value for state in states]])
            _set_status(cursor, job_id, JobStatus.QUEUED, None)
            return self.get(job_id)

    def apply_journal(self, job_id: str, from_position: int, to_position: int, outcome: JournalBatch) -> None:
        """Store what the journal says between two byte positions, and the new position, in one transaction.

        Exactly once: raises StorageError, and stores nothing, when the stored position is not `from_position`.
        """
        with self._database.write() as cursor:
            row = cursor.execute(queries.GET_POSITION, [job_id]).fetchone()
            if row is None:
                raise StorageError("storage.no_job", job_id=job_id)
            if row[0] != from_position:
                raise StorageError("storage.journal_position", stored=row[0], given=from_position)
            self._enhancements.save(outcome.enhancements, outcome.cache_keys)
            self._embeddings.put(outcome.embeddings)
            for measured in outcome.measurements:
                self._measurements.save_once(measured)
            _set_items(cursor, job_id, outcome.items)
            _add_timings(cursor, job_id, outcome.timings)
            _add_samples(cursor, job_id, outcome.samples)
            cursor.execute(queries.SET_POSITION, [to_position, job_id])

    def items(self, job_id: str) -> JobItems:
        """The items in their order."""
        return [
            JobItem(key, ItemState(state), attempts, seconds, new_tokens, from_optional_json(error))
            for key, state, attempts, seconds, new_tokens, error in self._database.fetch(queries.LIST_ITEMS, [job_id])
        ]

    def item_states(self, job_id: str) -> dict[str, ItemState]:
        """Where each item stands, by item key, in their order."""
        return {item.item_key: item.state for item in self.items(job_id)}

    def count_untried(self, job_id: str) -> int:
        """How many items were done without a try, because their text was there already."""
        return int(self._database.fetch(queries.COUNT_UNTRIED, [job_id])[0][0])

    def timings(self, job_id: str) -> Timings:
        """The measured parts, each summed over the whole job, longest first."""
        return [Timing(*row) for row in self._database.fetch(queries.SUM_TIMINGS, [job_id])]

    def add_forecast(self, job_id: str, forecast: JobForecast) -> None:
        """Keep what is foretold about the rest of a job; the first one stays."""
        values = [getattr(forecast, name) for name in ("done", "remaining", "seconds", "low", "high")]
        with self._database.write() as cursor:
            cursor.execute(queries.ADD_FORECAST, [job_id, to_stored_time(forecast.made_at), *values])

    def forecast(self, job_id: str) -> JobForecast | None:
        """What was foretold about the rest of a job; None when nothing was."""
        row = self._database.fetch_one(queries.GET_FORECAST, [job_id])
        return None if row is None else JobForecast(from_stored_time(row[0]), *row[1:])

    def with_items(self, keys: Collection[str]) -> Ids:
        """The jobs that had any of these items."""
        return [row[0] for row in self._database.fetch(queries.JOBS_WITH_ITEMS, [list(keys)])]

    def forget(self, job_ids: Collection[str]) -> None:
        """Delete jobs with everything about them but what they made."""
        with self._database.write() as cursor:
            for query in queries.FORGET:
                cursor.execute(query, [list(job_ids)])

    def work(self) -> dict[str, JobWork]:
        """What each job worked for, by job id; what the cache gave took no time and does not count."""
        return {
            job_id: JobWork(items, seconds, new_tokens, from_stored_time(last))
            for job_id, items, seconds, new_tokens, last in self._database.fetch(queries.SUM_SAMPLES)
        }

    def samples(self, job_id: str) -> Samples:
        """The finished items as points in time, oldest first."""
        rows = self._database.fetch(queries.LIST_SAMPLES, [job_id])
        return [ItemSample(row[0], from_stored_time(row[1]), *row[2:]) for row in rows]


def _add(cursor: duckdb.DuckDBPyConnection, job: Job, items: Sequence[str], idempotency_key: str) -> None:
    if len(set(items)) != len(items):
        raise StorageError("storage.duplicate_items")
    values = [
        job.job_id,
        job.kind.value,
        job.catalog_id,
        job.status.value,
        to_json(job.spec),
        job.settings_hash,
        idempotency_key,
        to_stored_time(job.created_at),
        len(items),
        to_stored_time(job.started_at),
        to_stored_time(job.finished_at),
        job.journal_position,
        _optional_json(job.error),
    ]
    cursor.execute(queries.ADD_JOB, values)
    if items:
        columns = {"job_id": [job.job_id] * len(items), "item_key": items, "ordinal": range(len(items))}
        insert_columns(cursor, queries.ADD_ITEMS, columns)


def _set_status(cursor: duckdb.DuckDBPyConnection, job_id: str, status: JobStatus, error: Message | None) -> None:
    values = {
        "job_id": job_id,
        "status": status.value,
        "error": _optional_json(error),
        "moment": to_stored_time(now()),
        "is_final": status.is_final,
    }
    cursor.execute(queries.SET_STATUS, values)


def _set_items(cursor: duckdb.DuckDBPyConnection, job_id: str, items: Sequence[JobItem]) -> None:
    if not items:
        return
    last = list({item.item_key: item for item in items}.values())
    columns: dict[str, Sequence[Any]] = {
        "job_id": [job_id] * len(last),
        "item_key": [item.item_key for item in last],
        "state": [item.state.value for item in last],
        "attempts": [item.attempts for item in last],
        "seconds": [item.seconds for item in last],
        "new_tokens": [item.new_tokens for item in last],
        "error": [_optional_json(item.error) for item in last],
    }
    insert_columns(cursor, queries.SET_ITEMS, columns)


def _add_timings(cursor: duckdb.DuckDBPyConnection, job_id: str, timings: Sequence[Timing]) -> None:
    if not timings:
        return
    columns: dict[str, Sequence[Any]] = {
        "job_id": [job_id] * len(timings),
        "name": [timing.name for timing in timings],
        "seconds": [timing.seconds for timing in timings],
        "count": [timing.count for timing in timings],
    }
    insert_columns(cursor, queries.ADD_TIMINGS, columns)


def _add_samples(cursor: duckdb.DuckDBPyConnection, job_id: str, samples: Sequence[ItemSample]) -> None:
    if not samples:
        return
    names = ("item_key", "seconds", "new_tokens", "rss_mib", "batch_size")
    columns: dict[str, Sequence[Any]] = {name: [getattr(sample, name) for sample in samples] for name in names}
    columns["job_id"] = [job_id] * len(samples)
    columns["finished_at"] = [to_stored_time(sample.finished_at) for sample in samples]
    insert_columns(cursor, queries.ADD_SAMPLES, columns)


def _optional_json(message: Message | None) -> str | None:
    return None if message is None else to_json(message)


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, catalog_id, status, spec, settings_hash, created_at, total, done, failed, set_aside = row[:11]
    started_at, finished_at, journal_position, error = row[11:]
    return Job(
        job_id=job_id,
        kind=JobKind(kind),
        catalog_id=catalog_id,
        status=JobStatus(status),
        spec=from_json(spec),
        settings_hash=settings_hash,
        created_at=from_stored_time(created_at),
        total=total,
        done=done,
        failed=failed,
        set_aside=set_aside,
        started_at=from_optional_time(started_at),
        finished_at=from_optional_time(finished_at),
        journal_position=journal_position,
        error=from_optional_json(error),
    )
