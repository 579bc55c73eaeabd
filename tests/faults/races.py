"""Cancels that race with the end of a job, and workers that hang: in numbers."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from pathlib import Path

import psutil

from core.records import JobStatus
from tests.faults.checker import check
from tests.jobs_lab import Lab, make_spec, open_lab

HUNG_DEADLINE = 1.0  # seconds without a sign of life
MAX_HUNG = 2.0  # seconds after the deadline until the worker is dead


def racing_cancels(count: int, seed: int) -> tuple[list[float], list[str]]:
    """Start `count` short jobs and cancel each at a moment about its end; seconds of each cancel, and faults.

    Also counts what the app has open before and after: threads, files, child processes.
    """
    chance, seconds, faults = random.Random(seed), [], []
    with tempfile.TemporaryDirectory(prefix="courselift-faults-") as folder:
        with open_lab(Path(folder)) as lab:
            _race(lab, "first", chance)
            before = _held()
            for number in range(count):
                took, fault = _race(lab, f"race{number:04}", chance)
                seconds.append(took)
                faults += [f"cancel race {number}: {fault}"] if fault else []
            lab.service.tick()
            if (after := _held()) != before:
                faults.append(f"files, threads and children were {before} and are {after}")
        faults += check(Path(folder)).faults
        faults += [f"left behind: {path}" for path in Path(folder).rglob("*.new")]
    return seconds, faults


def _race(lab: Lab, name: str, chance: random.Random) -> tuple[float, str]:
    job_id = lab.service.start(make_spec(name, count=3, behaviour="delay=0.02", batch_size=1)).job_id
    lab.drive(job_id, lambda job: job.done > 0 or job.status.is_final)
    time.sleep(chance.uniform(0.0, 0.15))
    asked = time.monotonic()
    lab.service.cancel(job_id)
    job = lab.finish(job_id)
    took = time.monotonic() - asked
    expected = JobStatus.CANCELLED if job.pending else JobStatus.SUCCEEDED
    lab.service.tick()
    lab.service.cancel(job_id)
    after = lab.jobs.get(job_id)
    is_one_end = job.status is after.status is expected and job.done + job.pending == job.total
    return took, "" if is_one_end else f"{job.status.value} with {job.pending} pending, then {after.status.value}"


def _held() -> tuple[int, int, int]:
    me = psutil.Process()
    return me.num_fds(), threading.active_count(), len(me.children())


def hung_workers(count: int) -> tuple[list[float], list[str]]:
    """Let `count` workers hang; seconds from the deadline of each until it was dead, and faults."""
    late, faults = [], []
    with tempfile.TemporaryDirectory(prefix="courselift-faults-") as folder:
        with open_lab(Path(folder)) as lab:
            for number in range(count):
                spec = make_spec(
                    f"hung{number}", count=4, behaviour="hang_on=Subject 0002", item_deadline_seconds=HUNG_DEADLINE
                )
                job_id = lab.service.start(spec).job_id
                lab.drive(job_id, lambda job, job_id=job_id: lab.heartbeat(job_id).phase == "generating")  # type: ignore[misc]
                heartbeat = lab.heartbeat(job_id)
                while psutil.pid_exists(heartbeat.pid) and not lab.jobs.get(job_id).status.is_final:
                    heartbeat = lab.supervisor.heartbeat(job_id) or heartbeat
                    lab.service.tick()
                    time.sleep(0.1)
                late.append(max(0.0, heartbeat.age - HUNG_DEADLINE))
                job = lab.finish(job_id)
                if (job.status, job.done, job.set_aside) != (JobStatus.SUCCEEDED, 3, 1):
                    faults.append(f"hung worker {number}: {job.status.value}, {job.done} done, {job.set_aside} aside")
        faults += check(Path(folder)).faults
    return late, faults + [f"a hung worker lived {value:.1f} s too long" for value in late if value > MAX_HUNG]
