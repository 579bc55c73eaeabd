"""The service comes and goes; workers live on, and a new service takes over what the last one left."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from core.errors import JobError, StorageError
from core.jobs.entries import ItemsReset, SessionStarted, to_record
from core.jobs.folder import write_folder
from core.jobs.ingest import Ingest
from core.jobs.measuring import claim, measuring_folder
from core.jobs.service import JobService
from core.records import Job, JobStatus
from tests.jobs_lab import Lab, make_spec


def test_stopping_the_service_leaves_workers_alone(lab: Lab) -> None:
    lab.service.watch()
    job_id = lab.service.start(make_spec(behaviour="delay=0.3")).job_id
    lab.heartbeat(job_id)
    lab.service.stop()
    assert lab.supervisor.is_alive(job_id)


def _until_dead(lab: Lab, job_id: str) -> None:
    deadline = time.monotonic() + 20
    while lab.supervisor.is_alive(job_id):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_worker_opens_no_database_and_no_heavy_library_before_it_needs_one() -> None:
    code = "import sys, core.jobs.worker; print({'duckdb', 'torch', 'pandas', 'streamlit'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_a_new_service_adopts_a_living_worker(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=30, behaviour="delay=0.05")).job_id
    worker = lab.heartbeat(job_id).pid
    lab.service = JobService(lab.config, lab.jobs)
    lab.drive(job_id, lambda job: job.done >= 5)
    assert lab.heartbeat(job_id).pid == worker
    assert lab.finish(job_id).done == 30


def test_a_new_service_finishes_what_ended_meanwhile(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=8, behaviour="delay=0.05")).job_id
    lab.heartbeat(job_id)
    _until_dead(lab, job_id)
    lab.service = JobService(lab.config, lab.jobs)
    lab.service.tick()
    assert lab.jobs.get(job_id).status is JobStatus.SUCCEEDED


def test_a_queued_job_without_a_worker_is_started(lab: Lab) -> None:
    """As an app leaves it that is killed between writing the job down and starting its worker."""
    spec = make_spec(count=4)
    write_folder(lab.supervisor, spec, {})
    job = Job("job", spec.kind, spec.catalog_id, JobStatus.QUEUED, {}, spec.settings_hash, datetime.now(UTC), 4)
    lab.jobs.create(job, [item.key for item in spec.items])
    assert lab.finish("job").done == 4


def test_items_that_were_to_be_tried_again_are_tried_after_a_restart(lab: Lab) -> None:
    """As an app leaves a job that is killed between writing that down and starting the worker."""
    job_id = lab.service.start(make_spec(count=4, behaviour="fail_on=Subject 0003")).job_id
    assert lab.finish(job_id).failed == 1
    with lab.supervisor.journal(job_id).lock() as journal:
        journal.append(to_record(ItemsReset(("C0003",)), job_id))
    lab.service = JobService(lab.config, lab.jobs)
    job = lab.finish(job_id)
    assert (job.done, job.failed, job.pending) == (3, 1, 0)


def test_a_retry_that_a_measurement_refuses_leaves_no_trace(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=4, behaviour="fail_on=Subject 0003")).job_id
    lab.finish(job_id)
    before = lab.supervisor.journal(job_id).size()
    with claim(measuring_folder(lab.config)), pytest.raises(JobError):
        lab.service.retry_failed(job_id)
    assert lab.supervisor.journal(job_id).size() == before


def test_a_job_that_cannot_be_stored_holds_up_no_other(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    _let_one_job_fail(monkeypatch, "poisoned")
    lab.service.start(make_spec("sound", count=4, catalog_id="one"))
    with pytest.raises(StorageError):
        lab.service.start(make_spec("poisoned", count=4, catalog_id="two"))
    deadline = time.monotonic() + 60
    while lab.jobs.get("sound").status is not JobStatus.SUCCEEDED:
        assert time.monotonic() < deadline
        with pytest.raises(StorageError):
            lab.service.tick()
        time.sleep(0.05)


def test_waiting_for_a_job_does_not_end_with_the_trouble_of_another(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    _let_one_job_fail(monkeypatch, "poisoned")
    with pytest.raises(StorageError):
        lab.service.start(make_spec("poisoned", count=4, catalog_id="two"))
    lab.service.start(make_spec("sound", count=4, catalog_id="one"))
    assert lab.service.wait("sound", 60).status is JobStatus.SUCCEEDED
    with pytest.raises(StorageError):
        lab.service.wait("poisoned", 60)


def test_a_start_catches_up_as_soon_as_it_can_and_with_the_others_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for job_id in ("a", "poisoned", "z"):
        lab.finish(lab.service.start(make_spec(job_id, count=2, catalog_id=job_id)).job_id)
        with lab.supervisor.journal(job_id).lock() as journal:
            journal.append(to_record(SessionStarted(1), job_id))  # the database is behind

    def is_behind(job_id: str) -> bool:
        return lab.jobs.get(job_id).journal_position < lab.supervisor.journal(job_id).size()

    service = JobService(lab.config, lab.jobs)
    with monkeypatch.context() as patch:
        _let_one_job_fail(patch, "poisoned")
        with pytest.raises(StorageError):
            service.tick()
        assert [is_behind(job_id) for job_id in ("a", "poisoned", "z")] == [False, True, False]
    service.tick()
    assert not is_behind("poisoned")


def _let_one_job_fail(monkeypatch: pytest.MonkeyPatch, job_id: str) -> None:
    """As if its journal held something that the database refuses."""
    real = Ingest.run

    def run(self: Ingest) -> None:
        if self._spec.job_id == job_id:
            raise StorageError("storage.failed")
        real(self)

    monkeypatch.setattr(Ingest, "run", run)
