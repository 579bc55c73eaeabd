"""Jobs with the fake engine, for tests: made-up courses, a state folder of its own, a service to drive by hand."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.config import Config
from core.enhancement.builtin_prompts import ENGLISH
from core.enhancement.prompts import build_messages
from core.generation.engine import GenerationSettings
from core.jobs.heartbeat import Heartbeat
from core.jobs.service import JobService
from core.jobs.spec import JobSpec, WorkItem
from core.jobs.supervisor import Supervisor
from core.records import Course, Enhancement, Job, JobKind
from core.storage.connection import Database
from core.storage.enhancement_store import EnhancementStore
from core.storage.job_store import JobStore

CATALOG = "catalog"


def make_course(number: int) -> Course:
    return Course(
        course_key=f"C{number:04}",
        title=f"Subject {number:04}",
        code=f"C{number:04}",
        department="Testing",
        language="en",
        content_hash=f"hash-{number:04}",
        catalog_id=CATALOG,
    )


def make_spec(
    job_id: str = "job", count: int = 24, behaviour: str = "", *, batch_size: int = 4, **changes: Any
) -> JobSpec:
    """An enhancement job of `count` courses; `behaviour` is the fake engine's, e.g. "delay=0.05,die_on=0003"."""
    courses = [make_course(number) for number in range(count)]
    values: dict[str, Any] = {
        "job_id": job_id,
        "kind": JobKind.ENHANCE,
        "catalog_id": CATALOG,
        "model_ref": f"fake:{behaviour}",
        "engine": "fake",
        "precision": "none",
        "device": "cpu",
        "settings": GenerationSettings(batch_size=batch_size).as_dict(),
        "items": tuple(
            WorkItem(course.course_key, course.content_hash, build_messages(course, ENGLISH), course)
            for course in courses
        ),
        "prompt_version": "test-1",
    }
    return JobSpec(**{**values, **changes})


class Lab:
    """One installation: a database, its job stores and a service that works only when told to."""

    def __init__(self, home: Path) -> None:
        self.config = Config(home)
        self.database = Database(self.config.database_path)
        self.jobs = JobStore(self.database)
        self.enhancements = EnhancementStore(self.database)
        self.service = JobService(self.config, self.jobs)
        self.supervisor = Supervisor(self.config)  # another pair of eyes: it owns no children

    def drive(self, job_id: str, until: Callable[[Job], bool], timeout: float = 60.0) -> Job:
        """Tick until the job is as wanted."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.service.tick()
            job = self.jobs.get(job_id)
            if until(job):
                return job
            time.sleep(0.05)
        raise AssertionError(f"the job is not as wanted after {timeout} s: {self.service.progress(job_id)}")

    def finish(self, job_id: str, timeout: float = 60.0) -> Job:
        return self.drive(job_id, lambda job: job.status.is_final, timeout)

    def heartbeat(self, job_id: str, timeout: float = 20.0) -> Heartbeat:
        """The worker's sign of life, as soon as there is one of a living worker."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            heartbeat = self.supervisor.heartbeat(job_id)
            if heartbeat is not None and self.supervisor.journal(job_id).is_locked():
                return heartbeat
            time.sleep(0.02)
        raise AssertionError("no sign of life")

    def kill_worker(self, job_id: str) -> None:
        os.kill(self.heartbeat(job_id).pid, signal.SIGKILL)

    def texts(self, job_id: str) -> list[Enhancement]:
        return self.enhancements.of_job(job_id)

    def close(self) -> None:
        """End as an app does; workers that are left are killed."""
        self.service.stop()
        for folder in self.config.jobs_folder.glob("*"):
            self.supervisor.send(folder.name, signal.SIGKILL)
        self.database.close()


@contextmanager
def open_lab(home: Path) -> Iterator[Lab]:
    lab = Lab(home)
    try:
        yield lab
    finally:
        lab.close()
