"""A job that may wait begins after the job of its catalog that was there before it."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

import pytest

from core.errors import JobError
from core.jobs.service import JobService
from core.records import Job, JobStatus
from tests.jobs_lab import Lab, make_spec


def pause_first_and_queue_second(lab: Lab) -> Job:
    lab.service.start(make_spec("first", behaviour="delay=0.2"))
    lab.service.pause("first")
    lab.drive("first", lambda job: job.status is JobStatus.PAUSED)
    return lab.service.start(make_spec("second", count=2), may_wait=True)


def test_it_begins_when_the_others_have_ended_in_their_order(lab: Lab) -> None:
    lab.service.start(make_spec("first", count=6, behaviour="delay=0.05"))
    for name in ("second", "third"):
        assert (
            lab.service.start(make_spec(name, count=1, prompt_version=name), may_wait=True).status is JobStatus.QUEUED
        )
    lab.finish("third")
    ended = [lab.jobs.get(name) for name in ("first", "second", "third")]
    assert [job.status for job in ended] == [JobStatus.SUCCEEDED] * 3
    for before, after in pairwise(ended):
        assert before.finished_at is not None
        assert after.started_at is not None
        assert before.finished_at <= after.started_at


def test_it_begins_at_once_where_nothing_is_before_it(lab: Lab) -> None:
    assert lab.service.start(make_spec("only", count=1), may_wait=True).status is JobStatus.RUNNING


def test_asking_twice_for_the_same_makes_one_job(lab: Lab) -> None:
    pause_first_and_queue_second(lab)
    assert lab.service.start(make_spec("again", count=2), may_wait=True).job_id == "second"


def test_it_waits_for_a_paused_job_which_can_go_on_meanwhile(lab: Lab) -> None:
    assert pause_first_and_queue_second(lab).status is JobStatus.QUEUED
    lab.service.tick()
    assert lab.jobs.get("second").status is JobStatus.QUEUED
    lab.service.resume("first")
    assert lab.finish("second").done == 2
    assert lab.jobs.get("first").status is JobStatus.SUCCEEDED


def test_it_can_be_taken_back_while_it_waits(lab: Lab) -> None:
    pause_first_and_queue_second(lab)
    lab.service.cancel("second")
    assert lab.jobs.get("second").status is JobStatus.CANCELLED
    with pytest.raises(JobError):  # nor does it slip in before the paused one afterwards
        lab.service.resume("second")


def test_it_still_waits_and_then_begins_after_a_restart(lab: Lab) -> None:
    pause_first_and_queue_second(lab)
    lab.service = JobService(lab.config, lab.jobs)
    lab.service.tick()
    assert lab.jobs.get("second").status is JobStatus.QUEUED
    lab.service.cancel("first")
    assert lab.finish("second").status is JobStatus.SUCCEEDED


def test_it_waits_although_the_clock_was_set_back(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(hours=1)

    lab.service.start(make_spec("first", count=6, behaviour="delay=0.05"))
    monkeypatch.setattr("core.jobs.service.datetime", Earlier)
    assert lab.service.start(make_spec("second", count=2), may_wait=True).status is JobStatus.QUEUED
    lab.service.tick()
    assert not lab.supervisor.is_alive("second")
    assert lab.finish("second").done == 2
    first = lab.jobs.get("first").finished_at
    assert first is not None and first <= max(text.created_at for text in lab.texts("second"))
