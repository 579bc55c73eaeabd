"""The service with real worker processes and the fake engine."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from core.errors import JobError
from core.jobs.entries import ItemSetAside, to_record
from core.jobs.service import JobService
from core.jobs.spec import WorkItem
from core.records import JobKind, JobStatus
from core.storage.embedding_store import EmbeddingStore
from tests.jobs_lab import Lab, make_spec


def test_a_job_runs_to_its_end_and_stores_every_text(lab: Lab) -> None:
    job = lab.service.start(make_spec(count=10))
    assert job.status is JobStatus.RUNNING
    job = lab.finish(job.job_id)
    assert (job.status, job.done, job.total) == (JobStatus.SUCCEEDED, 10, 10)
    assert {text.course_key for text in lab.texts(job.job_id)} == {f"C{number:04}" for number in range(10)}
    assert {timing.name for timing in lab.jobs.timings(job.job_id)} >= {"load_model", "generate", "check"}
    assert job.started_at is not None
    assert job.finished_at is not None


def test_an_embedding_job_stores_a_vector_for_every_text(lab: Lab) -> None:
    items = tuple(WorkItem(f"h{n}", f"h{n}", text=f"text {n}", role="query" if n % 2 else "passage") for n in range(9))
    spec = make_spec(kind=JobKind.EMBED, model_ref="fake:", items=items, settings={"batch_size": 2})
    job = lab.finish(lab.service.start(spec).job_id)
    assert job.done == 9
    assert EmbeddingStore(lab.database).missing("fake:", [item.key for item in items]) == set()


def test_the_background_thread_does_the_same(lab: Lab) -> None:
    lab.service.watch()
    lab.service.watch()
    assert [thread.name for thread in threading.enumerate()].count("job-service") == 1
    job = lab.service.wait(lab.service.start(make_spec(count=5)).job_id, timeout=30)
    assert job.status is JobStatus.SUCCEEDED


def test_waiting_ends_with_its_time(lab: Lab) -> None:
    job = lab.service.start(make_spec(behaviour="delay=5"))
    assert lab.service.wait(job.job_id, timeout=0.2).status is JobStatus.RUNNING


def test_a_job_without_items_is_refused(lab: Lab) -> None:
    with pytest.raises(JobError):
        lab.service.start(make_spec(count=0))


def test_twenty_starts_at_once_make_one_job_and_one_worker(lab: Lab) -> None:
    specs = [make_spec(f"job{number}", behaviour="delay=0.2") for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        started = list(pool.map(lab.service.start, specs))
    assert len({job.job_id for job in started}) == 1
    assert len(lab.jobs.list()) == 1
    assert [folder.name for folder in lab.config.jobs_folder.iterdir()] == [started[0].job_id]


def test_another_catalog_gets_its_own_job(lab: Lab) -> None:
    first = lab.service.start(make_spec("one", behaviour="delay=0.2"))
    second = lab.service.start(make_spec("two", behaviour="delay=0.2", catalog_id="other"))
    assert first.job_id != second.job_id


def test_cached_texts_cost_nothing_and_are_texts_of_the_new_job(lab: Lab) -> None:
    spec = make_spec("first", count=6)
    lab.finish(lab.service.start(spec).job_id)
    found = lab.enhancements.find_cached([spec.cache_key(item.input_hash) for item in spec.items])
    cached = {text.course_key: text for text in found.values()}
    again = lab.service.start(make_spec("again", count=6), cached)
    assert (again.status, again.done) == (JobStatus.SUCCEEDED, 6)
    assert not (lab.supervisor.folder("again") / "heartbeat.json").exists()
    texts = {text.course_key: text for text in lab.texts("again")}
    assert {key: text.text for key, text in texts.items()} == {key: text.text for key, text in cached.items()}
    assert {text.seconds for text in texts.values()} == {0.0}
    assert texts["C0001"].provenance == cached["C0001"].provenance


def test_a_partly_cached_job_makes_the_rest(lab: Lab) -> None:
    lab.finish(lab.service.start(make_spec("first", count=3)).job_id)
    cached = {text.course_key: text for text in lab.texts("first")}
    job = lab.finish(lab.service.start(make_spec("again", count=6), cached).job_id)
    assert job.done == 6
    assert sum(text.seconds == 0 for text in lab.texts("again")) == 3


def test_progress_tells_how_the_work_goes(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=200, behaviour="delay=0.03")).job_id
    lab.drive(job_id, lambda job: job.done >= 60)
    progress = lab.service.progress(job_id)
    assert progress.phase.key == "jobs.phase.generating"
    assert progress.is_alive
    assert progress.is_responding
    assert progress.label.startswith("C0")
    assert progress.items_per_minute is not None
    assert 200 < progress.items_per_minute < 2400
    assert progress.tokens_per_second is not None
    assert progress.tokens_per_second > 10
    assert progress.time_left is not None
    assert 0 < progress.time_left.low <= progress.time_left.seconds <= progress.time_left.high < 60
    assert progress.rss_mib is not None
    assert 5 < progress.rss_mib < 500


def test_progress_is_cheap(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=500, behaviour="delay=0.01")).job_id
    lab.drive(job_id, lambda job: job.done >= 50)
    started = time.perf_counter()
    for _ in range(20):
        lab.service.progress(job_id)
    assert (time.perf_counter() - started) / 20 < 0.2


def test_progress_of_an_ended_job_says_how_it_ended(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=7)).job_id
    lab.finish(job_id)
    progress = lab.service.progress(job_id)
    assert progress.phase.key == "jobs.phase.succeeded"
    assert (progress.job.done, progress.is_alive) == (7, False)


def test_pause_and_resume_lose_and_repeat_nothing(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=40, behaviour="delay=0.06")).job_id
    lab.drive(job_id, lambda job: job.done >= 5)
    lab.service.pause(job_id)
    assert lab.service.progress(job_id).phase.key == "jobs.phase.stopping"
    paused = lab.drive(job_id, lambda job: job.status is JobStatus.PAUSED, timeout=5)
    assert 5 <= paused.done < 40
    lab.service.resume(job_id)
    job = lab.finish(job_id)
    assert (job.status, job.done) == (JobStatus.SUCCEEDED, 40)
    assert {item.attempts for item in lab.jobs.items(job_id)} == {1}


def test_resuming_while_the_job_is_stopping_is_refused_for_now(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(behaviour="delay=0.5")).job_id
    lab.heartbeat(job_id)
    lab.service.pause(job_id)
    with pytest.raises(JobError):
        lab.service.resume(job_id)


def test_a_cancelled_job_keeps_its_texts_and_can_be_resumed(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=40, behaviour="delay=0.03")).job_id
    lab.drive(job_id, lambda job: job.done >= 5)
    lab.service.cancel(job_id)
    cancelled = lab.finish(job_id, timeout=5)
    assert cancelled.status is JobStatus.CANCELLED
    assert cancelled.done == len(lab.texts(job_id)) >= 5
    lab.service.resume(job_id)
    assert lab.finish(job_id).done == 40


def test_a_pause_that_comes_after_a_cancel_does_not_soften_it(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(behaviour="delay=0.3")).job_id
    lab.heartbeat(job_id)
    lab.service.cancel(job_id)
    lab.service.pause(job_id)
    assert lab.drive(job_id, lambda job: job.status is not JobStatus.RUNNING).status is JobStatus.CANCELLED


def test_a_paused_job_is_cancelled_at_once(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(behaviour="delay=0.2")).job_id
    lab.service.pause(job_id)
    lab.drive(job_id, lambda job: job.status is JobStatus.PAUSED)
    lab.service.cancel(job_id)
    assert lab.jobs.get(job_id).status is JobStatus.CANCELLED


def test_what_has_ended_is_not_cancelled_or_paused(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=2)).job_id
    lab.finish(job_id)
    lab.service.cancel(job_id)
    assert lab.jobs.get(job_id).status is JobStatus.SUCCEEDED
    with pytest.raises(JobError):
        lab.service.pause(job_id)
    with pytest.raises(JobError):
        lab.service.resume(job_id)


def test_a_job_whose_settings_or_courses_changed_is_not_resumed(lab: Lab) -> None:
    spec = make_spec(behaviour="delay=0.2")
    job_id = lab.service.start(spec).job_id
    lab.service.pause(job_id)
    lab.drive(job_id, lambda job: job.status is JobStatus.PAUSED)
    changed = replace(spec, prompt_version="2", items=(replace(spec.items[0], input_hash="new"),))
    with pytest.raises(JobError) as caught:
        lab.service.resume(job_id, changed)
    assert "the prompt, the source of some courses" in str(caught.value)
    assert lab.jobs.get(job_id).status is JobStatus.PAUSED
    assert lab.service.resume(job_id, spec).status is JobStatus.RUNNING


def test_a_damaged_job_folder_fails_the_job_instead_of_running_for_ever(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=500, behaviour="delay=0.05")).job_id
    lab.drive(job_id, lambda job: job.done >= 5)
    lab.kill_worker(job_id)
    (lab.supervisor.folder(job_id) / "items.jsonl").write_bytes(b"")
    service = JobService(lab.config, lab.jobs)
    service.tick()
    job = lab.jobs.get(job_id)
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error.key == "jobs.folder_damaged"


def test_failed_items_are_retried_and_the_others_left_alone(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=8, behaviour="fail_on=Subject 0003|Subject 0005")).job_id
    job = lab.finish(job_id)
    assert (job.status, job.done, job.failed) == (JobStatus.SUCCEEDED, 6, 2)
    before = {text.course_key: text for text in lab.texts(job_id)}
    lab.service.retry_failed(job_id)
    job = lab.finish(job_id)
    assert (job.done, job.failed) == (6, 2)
    attempts = {item.item_key: item.attempts for item in lab.jobs.items(job_id)}
    assert set(attempts.values()) == {1}
    assert {text.course_key: text for text in lab.texts(job_id)} == before


def test_a_very_large_job_is_retried_whole(lab: Lab) -> None:
    spec = make_spec(items=tuple(WorkItem(f"{number:0>40}", "h") for number in range(30_000)), behaviour="load_fails=1")
    lab.finish(lab.service.start(spec).job_id)
    with lab.supervisor.journal("job").lock() as journal:
        journal.append(*(to_record(ItemSetAside(item.key, 3), "job") for item in spec.items))
    lab.service.catch_up()
    lab.service.retry_failed("job")
    assert lab.jobs.get("job").pending == 30_000


def test_there_is_nothing_to_retry_without_failures_or_while_running(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=2, behaviour="delay=0.3")).job_id
    with pytest.raises(JobError):
        lab.service.retry_failed(job_id)
    lab.finish(job_id)
    with pytest.raises(JobError):
        lab.service.retry_failed(job_id)


def test_an_old_job_is_not_reopened_beside_an_active_one(lab: Lab) -> None:
    lab.finish(lab.service.start(make_spec("old", count=4, behaviour="fail_on=Subject 0003")).job_id)
    lab.service.start(make_spec("new", behaviour="delay=0.3"))
    with pytest.raises(JobError):
        lab.service.retry_failed("old")


def test_a_model_that_cannot_be_loaded_fails_the_job_with_its_reason(lab: Lab) -> None:
    started = time.monotonic()
    job = lab.finish(lab.service.start(make_spec(behaviour="load_fails=1")).job_id, timeout=30)
    assert time.monotonic() - started < 30
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error.key == "models.cannot_load"
    assert job.pending == job.total


def test_a_model_that_is_not_there_fails_the_job_with_its_reason(lab: Lab) -> None:
    job = lab.finish(lab.service.start(make_spec(model_ref="/nowhere/model")).job_id, timeout=30)
    assert job.error is not None
    assert job.error.key == "models.not_found"


def test_a_failed_job_can_be_tried_again(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=3, behaviour="load_fails=1")).job_id
    lab.finish(job_id)
    assert lab.service.resume(job_id).status is JobStatus.RUNNING
    assert lab.finish(job_id).status is JobStatus.FAILED


def test_sigterm_pauses_the_job(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=200, behaviour="delay=0.05")).job_id
    lab.drive(job_id, lambda job: job.done >= 3)
    assert lab.supervisor.send(job_id, signal.SIGTERM)
    asked = time.monotonic()
    job = lab.drive(job_id, lambda job: job.status is not JobStatus.RUNNING, timeout=10)
    assert job.status is JobStatus.PAUSED
    assert time.monotonic() - asked < 5
