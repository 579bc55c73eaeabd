"""Jobs, exactly-once copying of journals, and races, in a real DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest

from core.errors import StorageError
from core.records import Enhancement, ItemState, Job, JobKind, JobStatus, Message, Timing
from core.storage import (
    Database,
    Embedding,
    EmbeddingStore,
    EnhancementStore,
    ItemSample,
    JobItem,
    JobStore,
    JournalBatch,
)
from core.storage.conversion import now

MakeJob = Callable[..., Job]


@pytest.fixture
def jobs(database: Database) -> JobStore:
    return JobStore(database)


def test_a_job_comes_out_with_its_items(jobs: JobStore, make_job: MakeJob) -> None:
    job = jobs.create(make_job(), ["b", "a", "c"], "key")
    assert job == make_job(total=3)
    assert jobs.items("job") == [JobItem("b"), JobItem("a"), JobItem("c")]
    assert jobs.get("job").pending == 3
    with pytest.raises(StorageError, match="nothing"):
        jobs.get("nothing")


def test_twenty_starts_at_once_make_one_job(jobs: JobStore, make_job: MakeJob) -> None:
    barrier = threading.Barrier(20)

    def start(number: int) -> str:
        barrier.wait()
        return jobs.create(make_job(f"job{number}"), ["a"], "same key").job_id

    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(start, range(20)))
    assert ids == {job.job_id for job in jobs.list()}
    assert len(ids) == 1


def test_a_second_job_must_wait_for_the_end_of_the_first(jobs: JobStore, make_job: MakeJob) -> None:
    jobs.create(make_job("first"), ["a"], "key 1")
    assert jobs.create(make_job("second"), ["a"], "key 2").job_id == "first"
    assert jobs.create(make_job("embed", kind=JobKind.EMBED), ["a"]).job_id == "embed"
    assert jobs.create(make_job("elsewhere", catalog_id="other"), ["a"]).job_id == "elsewhere"
    jobs.set_status("first", JobStatus.PAUSED)
    assert jobs.create(make_job("second"), ["a"], "key 2").job_id == "first"
    jobs.set_status("first", JobStatus.CANCELLED)
    assert jobs.create(make_job("second"), ["a"], "key 1").job_id == "second"
    assert {job.job_id for job in jobs.active()} == {"second", "embed", "elsewhere"}


def test_a_job_holds_each_item_once(jobs: JobStore, make_job: MakeJob) -> None:
    with pytest.raises(StorageError):
        jobs.create(make_job(), ["a", "a"])
    assert jobs.list() == []


def test_states_carry_their_times_and_reasons(jobs: JobStore, make_job: MakeJob) -> None:
    jobs.create(make_job(), ["a"])
    running = jobs.set_status("job", JobStatus.RUNNING)
    assert running.started_at is not None and running.finished_at is None
    reason = Message("jobs.lost", {"restarts": 3})
    assert jobs.set_status("job", JobStatus.PAUSED, reason).error == reason
    again = jobs.set_status("job", JobStatus.RUNNING)
    assert (again.started_at, again.error) == (running.started_at, None)
    assert jobs.set_status("job", JobStatus.SUCCEEDED).finished_at is not None


def test_the_first_end_is_kept_when_two_race(jobs: JobStore, make_job: MakeJob) -> None:
    for number in range(20):
        job_id = f"job{number}"
        jobs.create(make_job(job_id, catalog_id=job_id), ["a"])
        with ThreadPoolExecutor(2) as pool:
            ends = list(
                pool.map(
                    lambda status, job_id=job_id: jobs.set_status(job_id, status).status,
                    (JobStatus.CANCELLED, JobStatus.SUCCEEDED),
                )
            )
        assert ends[0] == ends[1] == jobs.get(job_id).status


def test_reopening_queues_what_went_wrong(jobs: JobStore, make_job: MakeJob) -> None:
    jobs.create(make_job(), ["a", "b", "c"])
    outcome = [
        JobItem("a", ItemState.DONE, 1, 2.0, 30),
        JobItem("b", ItemState.FAILED, 1, error=Message("jobs.x")),
        JobItem("c", ItemState.SET_ASIDE, 3),
    ]
    jobs.apply_journal("job", 0, 10, JournalBatch(items=outcome))
    jobs.set_status("job", JobStatus.SUCCEEDED)
    job = jobs.reopen("job")
    assert (job.status, job.done, job.pending, job.finished_at) == (JobStatus.QUEUED, 1, 2, None)
    assert jobs.items("job") == [outcome[0], JobItem("b"), JobItem("c")]
    assert job.journal_position == 10


def test_jobs_are_listed_newest_first(jobs: JobStore, make_job: MakeJob) -> None:
    for number in range(3):
        created_at = make_job().created_at + timedelta(hours=number)
        kind = JobKind.EMBED if number == 1 else JobKind.ENHANCE
        jobs.create(make_job(f"job{number}", created_at=created_at, catalog_id=f"{number}", kind=kind), [])
    assert [job.job_id for job in jobs.list()] == ["job2", "job1", "job0"]
    assert [job.job_id for job in jobs.list(limit=1, kind=JobKind.ENHANCE)] == ["job2"]
    assert [job.job_id for job in jobs.list(kind=JobKind.EMBED)] == ["job1"]


def test_a_stretch_of_the_journal_is_stored_whole(
    database: Database, jobs: JobStore, make_job: MakeJob, make_enhancement: Callable[..., Enhancement]
) -> None:
    jobs.create(make_job(), ["a", "b"])
    moment = now()
    batch = JournalBatch(
        items=[JobItem("a", attempts=1), JobItem("a", ItemState.DONE, 1, 2.5, 40), JobItem("b", attempts=2)],
        enhancements=[make_enhancement("e")],
        cache_keys={"e": "cache"},
        embeddings=[Embedding("model", "text", np.array([0.6, 0.8], np.float32))],
        timings=[Timing("load_model", 3.0), Timing("generate", 2.0, 2)],
        samples=[ItemSample("a", moment, 2.5, 40, 512.5, 8)],
    )
    jobs.apply_journal("job", 0, 100, batch)
    jobs.apply_journal("job", 100, 180, JournalBatch(timings=[Timing("generate", 4.0, 3)]))
    job = jobs.get("job")
    assert (job.done, job.pending, job.journal_position) == (1, 1, 180)
    assert jobs.item_states("job") == {"a": ItemState.DONE, "b": ItemState.PENDING}
    assert jobs.items("job")[0] == JobItem("a", ItemState.DONE, 1, 2.5, 40)
    assert jobs.timings("job") == [Timing("generate", 6.0, 5), Timing("load_model", 3.0, 1)]
    assert jobs.samples("job") == list(batch.samples)
    assert EnhancementStore(database).find_cached(["cache"])["cache"] == make_enhancement("e")
    assert EmbeddingStore(database).matrix("model", ["text"]).tolist() == [[np.float32(0.6), np.float32(0.8)]]


def test_a_stretch_is_stored_exactly_once(
    database: Database, jobs: JobStore, make_job: MakeJob, make_enhancement: Callable[..., Enhancement]
) -> None:
    jobs.create(make_job(), ["a"])
    batch = JournalBatch(enhancements=[make_enhancement("e")], timings=[Timing("generate", 1.0)])
    barrier = threading.Barrier(8)

    def ingest(_: int) -> bool:
        barrier.wait()
        try:
            jobs.apply_journal("job", 0, 50, batch)
        except StorageError as error:
            assert error.message.key == "storage.journal_position"
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ingest, range(8))) == 1
    assert jobs.timings("job") == [Timing("generate", 1.0)]
    assert len(EnhancementStore(database).of_job("job")) == 1


def test_a_stretch_that_fails_halfway_leaves_nothing(
    database: Database, jobs: JobStore, make_job: MakeJob, make_enhancement: Callable[..., Enhancement]
) -> None:
    jobs.create(make_job(), ["a"])
    broken = ItemSample("a", now(), 1.0, 2**40, 1.0, 1)  # more new tokens than the column holds
    with pytest.raises(StorageError):
        jobs.apply_journal("job", 0, 50, JournalBatch(enhancements=[make_enhancement("e")], samples=[broken]))
    assert jobs.get("job").journal_position == 0
    assert EnhancementStore(database).of_job("job") == []
    with pytest.raises(StorageError, match="nothing"):
        jobs.apply_journal("nothing", 0, 1, JournalBatch())
