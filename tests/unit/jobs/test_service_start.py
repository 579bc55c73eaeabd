"""The service comes and goes; workers live on, and a new service takes over what the last one left."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime

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
    lab.service._write_folder(spec, {})
    job = Job("job", spec.kind, spec.catalog_id, JobStatus.QUEUED, {}, spec.settings_hash, datetime.now(UTC), 4)
    lab.jobs.create(job, [item.key for item in spec.items])
    assert lab.finish("job").done == 4
