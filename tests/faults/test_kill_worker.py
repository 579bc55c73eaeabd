"""Workers and apps that are killed, stopped, hung or starved: nothing is lost or doubled, nothing runs for ever."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from core.jobs import watch as watch_module
from core.jobs.entries import EntryReader, SessionStarted
from core.jobs.files import write_atomically
from core.jobs.heartbeat import HEARTBEAT_FILE, Heartbeat
from core.jobs.job_progress import SILENT_SECONDS
from core.jobs.service import JobService
from core.jobs.supervisor import Supervisor
from core.records import ItemState, JobStatus
from tests.faults.checker import check
from tests.faults.killing import run_with_kills
from tests.jobs_lab import Lab, make_spec, open_lab


@pytest.fixture
def lab(own_state_folder: Path) -> Iterator[Lab]:
    with open_lab(own_state_folder) as opened:
        yield opened


def assert_sound(lab: Lab, results: int) -> None:
    """By the checker that shares no code with the app."""
    lab.close()
    ledger = check(lab.config.home)
    assert ledger.faults == []
    assert ledger.results == ledger.stored == results


@pytest.mark.parametrize("seed", [1, 2])  # `make faults` kills hundreds of times
def test_kills_at_random_moments_lose_and_double_nothing(own_state_folder: Path, seed: int) -> None:
    run = run_with_kills(own_state_folder, seed, kills=5, count=300)
    ledger = check(own_state_folder)
    assert run.kills >= 1  # a fast machine may end the job before the fifth
    assert run.status == "succeeded"
    assert ledger.faults == []
    assert ledger.stored + ledger.set_aside == 300
    assert max(run.noticed, default=0.0) < 10


def test_a_dead_worker_is_noticed_and_replaced(lab: Lab) -> None:
    spec = make_spec(count=60, behaviour="delay=0.03")
    job_id = lab.service.start(spec).job_id
    lab.drive(job_id, lambda job: job.done >= 5)
    first = lab.heartbeat(job_id).pid
    lab.kill_worker(job_id)
    assert lab.finish(job_id).done == 60
    entries = [line.entry for line in EntryReader(lab.supervisor.journal(job_id), spec).read_from()]
    workers = [entry.pid for entry in entries if isinstance(entry, SessionStarted)]
    assert len(workers) == 2
    assert workers[0] == first != workers[1]
    assert_sound(lab, 60)


def test_an_item_that_kills_its_worker_is_set_aside_and_the_rest_is_done(lab: Lab) -> None:
    spec = make_spec(count=8, behaviour="die_on=Subject 0002|Subject 0006")
    job = lab.finish(lab.service.start(spec).job_id)
    assert (job.status, job.done, job.set_aside) == (JobStatus.SUCCEEDED, 6, 2)
    items = {item.item_key: item for item in lab.jobs.items(job.job_id)}
    assert items["C0002"].state is items["C0006"].state is ItemState.SET_ASIDE
    assert items["C0002"].attempts == items["C0006"].attempts == 3
    assert_sound(lab, 6)


def test_a_worker_that_always_dies_is_not_restarted_for_ever(lab: Lab) -> None:
    job = lab.finish(lab.service.start(make_spec(count=40, behaviour="die_on=Subject")).job_id)
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error.key == "jobs.died_of_memory"  # what SIGKILL out of nowhere mostly means
    assert job.pending > 30
    log = (lab.supervisor.folder(job.job_id) / "journal.log").read_bytes()
    assert log.count(b'"kind":"session"') <= 13


def test_a_hung_worker_is_shown_killed_and_its_item_set_aside(lab: Lab) -> None:
    spec = make_spec(count=6, behaviour="hang_on=Subject 0002", item_deadline_seconds=0.8)
    job_id = lab.service.start(spec).job_id
    job = lab.finish(job_id)
    assert (job.status, job.done, job.set_aside) == (JobStatus.SUCCEEDED, 5, 1)
    assert lab.jobs.item_states(job_id)["C0002"] is ItemState.SET_ASIDE
    assert_sound(lab, 5)


def test_a_stopped_worker_is_shown_as_not_responding_and_goes_on_when_continued(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=60, behaviour="delay=0.03")).job_id
    lab.drive(job_id, lambda job: job.done >= 5)
    heartbeat = lab.heartbeat(job_id)
    os.kill(heartbeat.pid, signal.SIGSTOP)
    folder = lab.supervisor.folder(job_id)
    later = replace(heartbeat, beat=time.monotonic() - SILENT_SECONDS - 1)  # spares the test the wait
    _write_heartbeat(folder, later)
    lab.service.tick()
    progress = lab.service.progress(job_id)
    assert progress.is_alive
    assert not progress.is_responding
    rival = Supervisor(lab.config)
    rival.spawn(job_id)
    _until(lambda: rival.exit_status(job_id) is not None)
    assert rival.exit_status(job_id) == 4  # it saw the lock and left
    _write_heartbeat(folder, heartbeat)
    os.kill(heartbeat.pid, signal.SIGCONT)
    assert lab.finish(job_id).done == 60
    assert_sound(lab, 60)


def _write_heartbeat(folder: Path, heartbeat: Heartbeat) -> None:
    write_atomically(folder / HEARTBEAT_FILE, json.dumps(asdict(heartbeat)).encode(), durable=False)


def test_cancel_takes_effect_in_the_middle_of_a_text(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(behaviour="delay=60")).job_id
    lab.drive(job_id, lambda job: lab.heartbeat(job_id).phase == "generating")
    lab.service.cancel(job_id)
    job = lab.finish(job_id, timeout=30)  # `make faults` holds it against the promised two seconds
    assert job.status is JobStatus.CANCELLED
    assert_sound(lab, 0)


def test_a_worker_that_does_not_hear_is_terminated_then_killed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "TERMINATE_AFTER", 0.3)
    monkeypatch.setattr(watch_module, "KILL_AFTER", 0.8)
    job_id = lab.service.start(make_spec(count=4, behaviour="hang_on=Subject 0000")).job_id
    lab.drive(job_id, lambda job: lab.heartbeat(job_id).phase == "generating")
    lab.service.pause(job_id)
    assert lab.drive(job_id, lambda job: job.status is JobStatus.PAUSED, timeout=5)


def test_a_cancel_does_not_wait_for_a_worker_that_does_not_hear(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=4, behaviour="hang_on=Subject 0000")).job_id
    lab.drive(job_id, lambda job: lab.heartbeat(job_id).phase == "generating")
    lab.service.cancel(job_id)
    assert lab.finish(job_id, timeout=watch_module.TERMINATE_AFTER).status is JobStatus.CANCELLED
    assert_sound(lab, 0)


def test_cancel_racing_with_the_end_leaves_one_end(lab: Lab) -> None:
    ends = set()
    for number in range(4):
        job_id = lab.service.start(make_spec(f"job{number}", count=3, behaviour="delay=0.02")).job_id
        lab.heartbeat(job_id)
        time.sleep(0.03 * number)
        lab.service.cancel(job_id)
        job = lab.finish(job_id)
        assert (job.pending == 0) == (job.status is JobStatus.SUCCEEDED)
        ends.add(job.status)
        lab.service.tick()
        lab.service.cancel(job_id)
        assert lab.jobs.get(job_id).status is job.status
    assert ends <= {JobStatus.SUCCEEDED, JobStatus.CANCELLED}


def test_a_killed_app_and_worker_are_both_replaced(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=40, behaviour="delay=0.02")).job_id
    lab.drive(job_id, lambda job: job.done >= 5)
    lab.kill_worker(job_id)
    lab.service = JobService(lab.config, lab.jobs)
    assert lab.finish(job_id).done == 40
    assert_sound(lab, 40)


def test_a_bystander_with_the_workers_old_id_is_left_alone(lab: Lab) -> None:
    job_id = lab.service.start(make_spec(count=60, behaviour="delay=0.1")).job_id
    heartbeat = lab.heartbeat(job_id)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        _write_heartbeat(lab.supervisor.folder(job_id), replace(heartbeat, pid=bystander.pid))
        assert not lab.supervisor.send(job_id, signal.SIGKILL)
        os.kill(heartbeat.pid, signal.SIGKILL)
        _until(lambda: not lab.supervisor.is_alive(job_id))
        assert not lab.supervisor.send(job_id, signal.SIGKILL)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_worker_that_dies_before_its_first_word_fails_the_job_soon(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    started = time.monotonic()
    job = lab.finish(lab.service.start(make_spec()).job_id, timeout=15)
    assert time.monotonic() - started < 15
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error.key == "jobs.died"
    monkeypatch.undo()
    lab.service.resume(job.job_id)
    assert lab.finish(job.job_id).status is JobStatus.SUCCEEDED


def test_a_worker_that_never_gives_a_sign_of_life_is_replaced(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "START_DEADLINE", 0.5)
    sleeper = lab.config.home / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    job_id = lab.service.start(make_spec(count=3)).job_id
    time.sleep(0.6)
    lab.service.tick()
    monkeypatch.undo()
    assert lab.finish(job_id).done == 3


def test_a_worker_without_memory_for_its_model_says_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    model = lab.config.home / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    starve = lab.config.home / "starve"
    starve.write_text(f'#!/bin/sh\nulimit -v 300000\nexec {sys.executable} "$@"\n')  # KiB; torch alone needs more
    starve.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(starve))
    spec = make_spec(engine="transformers", model_ref=str(model), precision="float32")
    job = lab.finish(lab.service.start(spec).job_id)
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error.key == "jobs.out_of_memory"
    assert (lab.supervisor.folder(job.job_id) / "journal.log").read_bytes().count(b'"kind":"session"') == 1


def test_a_full_disk_pauses_the_job_and_room_lets_it_go_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit on the size of files stands in for a full volume: writing fails in the same place."""
    limited = lab.config.home / "limited"
    limited.write_text(f'#!/bin/sh\nulimit -f 40\nexec {sys.executable} "$@"\n')  # blocks of 512 bytes
    limited.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(limited))
    job_id = lab.service.start(make_spec(count=60)).job_id
    job = lab.drive(job_id, lambda job: job.status is not JobStatus.RUNNING)
    assert job.status is JobStatus.PAUSED
    assert job.error is not None
    assert job.error.key == "jobs.disk_full"
    assert 0 < job.done < 60
    monkeypatch.undo()
    lab.service.resume(job_id)
    assert lab.finish(job_id).done == 60
    assert_sound(lab, 60)


def test_setting_the_clock_raises_no_alarm(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = lab.service.start(make_spec(count=20, behaviour="delay=0.05")).job_id
    worker = lab.heartbeat(job_id).pid
    real = time.time
    for shift in (3600.0, -3600.0):
        monkeypatch.setattr(time, "time", lambda shift=shift: real() + shift)
        lab.service.tick()
        assert lab.service.progress(job_id).is_responding
    monkeypatch.undo()
    assert lab.heartbeat(job_id).pid == worker


def test_starting_and_stopping_leaves_nothing_behind(lab: Lab) -> None:
    def cycle(number: int) -> None:
        job_id = lab.service.start(make_spec(f"job{number}", count=2)).job_id
        lab.finish(job_id)

    cycle(0)
    me = psutil.Process()
    before = (me.num_fds(), threading.active_count(), len(me.children()))
    for number in range(1, 5):
        cycle(number)
    lab.service.tick()
    after = (me.num_fds(), threading.active_count(), len(me.children()))
    assert after == before
    names = {path.name for path in lab.supervisor.folder("job3").iterdir()}
    assert names == {"job.json", "items.jsonl", "journal.log", "heartbeat.json", "worker.log"}


def _until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
