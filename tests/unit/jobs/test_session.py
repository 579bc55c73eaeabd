"""The worker's loop in this process, with a task that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError
from core.jobs import control as control_module
from core.jobs.control import CANCEL, WorkerControl, request_stop
from core.jobs.entries import (
    EntryReader,
    ItemDone,
    ItemsStarted,
    PartsMeasured,
    SessionEnded,
    SessionStarted,
    to_record,
)
from core.jobs.heartbeat import Heartbeat, Pulse
from core.jobs.history import History
from core.jobs.journal import JOURNAL_FILE, Journal, JournalFullError
from core.jobs.outputs import text_output
from core.jobs.session import FAILURES_IN_A_ROW, Session
from core.jobs.spec import JobSpec, WorkItem
from core.jobs.tasks.base import Made, NotMade
from core.measurement.monitor import PerformanceMonitor
from core.records import FinishReason, ItemState, Message
from tests.jobs_lab import make_spec

MADE_BY = {"model": "m", "engine": "e", "precision": "p", "device": "d"}
Behaviour = Callable[[WorkItem, int], Made | NotMade | None]


def make(item: WorkItem, group_size: int) -> Made:
    return Made(item, text_output(f"About {item.key}.", FinishReason.STOP, (), 0, MADE_BY), 0.1, 3, 5)


class ScriptedTask:
    phase = "generating"

    def __init__(self, behaviour: Behaviour = make, group_size: int = 4, refills: bool = False) -> None:
        self.behaviour = behaviour
        self.group_size = group_size
        self.refills = refills
        self.groups: list[list[str]] = []

    def load(self, monitor: PerformanceMonitor) -> None:
        pass

    def run(
        self, items: Iterable[WorkItem], control: WorkerControl, monitor: PerformanceMonitor
    ) -> Iterator[Made | NotMade]:
        group: list[str] = []
        self.groups.append(group)
        for item in items if self.refills else list(items):
            if control.should_stop():
                return
            group.append(item.key)
            with monitor.measure("generate"):
                outcome = self.behaviour(item, self.group_size)
            if outcome is not None:
                yield outcome


class Bench:
    """A job folder with a journal in hand."""

    def __init__(self, folder: Path, spec: JobSpec) -> None:
        self.folder, self.spec = folder, spec
        self.journal = Journal(folder / JOURNAL_FILE)

    def run(self, task: ScriptedTask) -> SessionEnded:
        with self.journal.lock():
            self.journal.append(to_record(SessionStarted(1), self.spec.job_id))
            pulse = Pulse(self.folder)
            control = WorkerControl(self.folder, pulse)
            return Session(self.spec, self.journal, self.history(), task, control, pulse).run()

    def entries(self) -> list[Any]:
        return [line.entry for line in EntryReader(self.journal, self.spec).read_from()]

    def history(self) -> History:
        return History(EntryReader(self.journal, self.spec).read_from())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(control_module, "POLL_SECONDS", 0.0)  # made-up work is over before the first look
    return Bench(tmp_path, make_spec(count=10))


def test_every_item_is_done_once_in_groups(bench: Bench) -> None:
    task = ScriptedTask()
    assert bench.run(task).how == "finished"
    assert [len(group) for group in task.groups] == [4, 4, 2]
    done = [entry.item for entry in bench.entries() if isinstance(entry, ItemDone)]
    assert sorted(done) == [item.key for item in bench.spec.items]
    assert len(set(done)) == len(done)


def test_attempts_are_written_down_before_the_work_begins(bench: Bench) -> None:
    seen: list[bool] = []

    def look(item: WorkItem, group_size: int) -> Made:
        seen.append(any(isinstance(entry, ItemsStarted) and item.key in entry.attempts for entry in bench.entries()))
        return make(item, group_size)

    bench.run(ScriptedTask(look))
    assert seen == [True] * 10


def test_long_items_are_worked_on_together(tmp_path: Path) -> None:
    lengths = [5, 50, 6, 60, 7, 70, 8, 80]
    items = tuple(WorkItem(f"{length:02}", "h", ({"role": "user", "content": "x" * length},)) for length in lengths)
    task = ScriptedTask()
    Bench(tmp_path, make_spec(items=items)).run(task)
    assert task.groups == [["80", "70", "60", "50"], ["08", "07", "06", "05"]]


def test_a_second_worker_does_only_what_is_missing(bench: Bench) -> None:
    def stop_in_the_middle(item: WorkItem, group_size: int) -> Made:
        if item.key == "C0006":
            request_stop(bench.folder, CANCEL)
        return make(item, group_size)

    ended = bench.run(ScriptedTask(stop_in_the_middle, group_size=2))
    before = set(bench.history().states)
    assert ended.how == "cancelled"
    assert 0 < len(before) < 10
    (bench.folder / "control").unlink()
    task = ScriptedTask()
    assert bench.run(task).how == "finished"
    assert {key for group in task.groups for key in group} == {item.key for item in bench.spec.items} - before


def test_a_task_that_refills_gets_all_items_and_has_only_some_in_hand(bench: Bench) -> None:
    in_hand: list[int] = []

    def look(item: WorkItem, group_size: int) -> Made:
        entries = bench.entries()
        started = {key for entry in entries if isinstance(entry, ItemsStarted) for key in entry.attempts}
        assert item.key in started
        in_hand.append(len(started))
        return make(item, group_size)

    task = ScriptedTask(look, refills=True)
    assert bench.run(task).how == "finished"
    assert task.groups == [[item.key for item in bench.spec.items]]
    assert in_hand == list(range(1, 11))


def test_an_error_while_refilling_costs_one_item_and_the_rest_goes_on_together(bench: Bench) -> None:
    def break_on_one(item: WorkItem, group_size: int) -> Made:
        if item.key == "C0002":
            raise RuntimeError("shape mismatch")
        return make(item, group_size)

    task = ScriptedTask(break_on_one, refills=True)
    assert bench.run(task).how == "finished"
    assert bench.history().counts() == {ItemState.DONE: 9, ItemState.FAILED: 1}
    assert task.groups[-1] == [item.key for item in bench.spec.items[3:]]


def test_an_engine_that_fails_before_it_takes_anything_ends_the_job(bench: Bench) -> None:
    class Refusing(ScriptedTask):
        def run(self, *_: object) -> Iterator[Made | NotMade]:
            raise ModelError("jobs.out_of_memory")

    assert bench.run(Refusing(refills=True)).how == "failed"


def test_after_deaths_from_memory_a_refilling_task_gets_less_at_once(bench: Bench) -> None:
    with bench.journal.lock():
        for worker, keys in ((1, ("C0000", "C0001")), (2, ("C0002", "C0003"))):
            for entry in (SessionStarted(worker), ItemsStarted(dict.fromkeys(keys, 1))):
                bench.journal.append(to_record(entry, "job"))
    task = ScriptedTask(refills=True)
    bench.run(task)
    assert max(len(group) for group in task.groups) == 2


def test_items_dropped_by_a_stop_are_released(bench: Bench) -> None:
    def stop_and_drop(item: WorkItem, group_size: int) -> None:
        request_stop(bench.folder, "pause")

    ended = bench.run(ScriptedTask(stop_and_drop))
    assert ended.how == "paused"
    assert set(ended.released) == {"C0000", "C0001", "C0002", "C0003"}


def test_items_in_hand_at_a_death_are_tried_first_in_small_groups(bench: Bench) -> None:
    with bench.journal.lock():
        for entry in (SessionStarted(1), ItemsStarted(dict.fromkeys(("C0004", "C0005", "C0006"), 1))):
            bench.journal.append(to_record(entry, "job"))
    task = ScriptedTask()
    bench.run(task)
    assert task.groups[:2] == [["C0004", "C0005"], ["C0006"]]
    assert [len(group) for group in task.groups[2:]] == [4, 3]


def test_once_a_small_group_has_died_too_all_suspects_are_tried_alone(bench: Bench) -> None:
    with bench.journal.lock():
        for entry in (
            SessionStarted(1),
            ItemsStarted(dict.fromkeys(("C0004", "C0005", "C0006", "C0007"), 1)),
            SessionStarted(2),
            ItemsStarted(dict.fromkeys(("C0004", "C0005"), 2)),
        ):
            bench.journal.append(to_record(entry, "job"))
    task = ScriptedTask()
    bench.run(task)
    assert task.groups[:4] == [["C0006"], ["C0007"], ["C0004"], ["C0005"]]
    assert [len(group) for group in task.groups[4:]] == [4, 2]


class DeathError(BaseException):
    """Not an error that a worker could catch."""


def run_to_the_end(bench: Bench, task: ScriptedTask) -> list[bool]:
    """A new worker after each death; says of each that died whether it had brought anything to an end."""
    progress: list[bool] = []
    while True:
        settled = len(bench.history().states)
        try:
            assert bench.run(task).how == "finished"
        except DeathError:
            progress.append(len(bench.history().states) > settled)
        else:
            return progress


@pytest.mark.parametrize("refills", [False, True])
def test_an_item_that_kills_workers_is_found_in_three_deaths_and_harms_no_other(tmp_path: Path, refills: bool) -> None:
    def die_of_one(item: WorkItem, group_size: int) -> Made:
        if item.key == "C0017":
            raise DeathError
        return make(item, group_size)

    bench = Bench(tmp_path, make_spec(count=40))
    assert len(run_to_the_end(bench, ScriptedTask(die_of_one, 16, refills))) == 3
    assert bench.history().counts() == {ItemState.DONE: 39, ItemState.SET_ASIDE: 1}


@pytest.mark.parametrize("group_size", [4, 16, 64])
@pytest.mark.parametrize("killers", [{"C0000", "C0005", "C0009"}, set(), {"C0001"}])
def test_at_most_two_workers_in_a_row_die_for_nothing(tmp_path: Path, group_size: int, killers: set[str]) -> None:
    class Dying(ScriptedTask):
        """Some items kill, and where there are none more than two at once do, as with too little memory."""

        def run(self, items: Iterable[WorkItem], *others: Any) -> Iterator[Made | NotMade]:
            group = list(items)
            if killers & {item.key for item in group} or (not killers and len(group) > 2):
                raise DeathError
            return super().run(group, *others)

    bench = Bench(tmp_path, make_spec(count=100))
    progress = run_to_the_end(bench, Dying(group_size=group_size))
    assert "".join("+" if each else "-" for each in progress).count("---") == 0
    assert bench.history().counts()[ItemState.SET_ASIDE] == len(killers)
    assert bench.history().counts()[ItemState.DONE] == 100 - len(killers)


def test_an_engine_that_fails_at_everything_is_not_held_against_the_items(bench: Bench) -> None:
    def break_always(item: WorkItem, group_size: int) -> Made:
        raise ModelError("jobs.out_of_memory")

    ended = bench.run(ScriptedTask(break_always))
    assert ended.how == "failed"
    with bench.journal.lock():  # the worker's last words
        bench.journal.append(to_record(ended, "job"))
    bench.run(task := ScriptedTask())
    assert not any(bench.history().deaths.values())
    assert [len(group) for group in task.groups] == [4, 1]


def test_an_item_is_set_aside_after_three_deaths_and_not_tried_again(bench: Bench) -> None:
    with bench.journal.lock():
        for attempt in (1, 2, 3):
            for entry in (SessionStarted(attempt), ItemsStarted({"C0004": attempt})):
                bench.journal.append(to_record(entry, "job"))
    task = ScriptedTask()
    assert bench.run(task).how == "finished"
    assert "C0004" not in {key for group in task.groups for key in group}
    assert bench.history().counts() == {ItemState.DONE: 9, ItemState.SET_ASIDE: 1}


def test_an_item_that_cannot_be_done_fails_with_its_reason(bench: Bench) -> None:
    def refuse(item: WorkItem, group_size: int) -> Made | NotMade:
        return NotMade(item, Message("jobs.empty_text")) if item.key == "C0003" else make(item, group_size)

    assert bench.run(ScriptedTask(refuse)).how == "finished"
    assert bench.history().counts() == {ItemState.DONE: 9, ItemState.FAILED: 1}


def test_an_error_in_a_group_costs_only_the_item_that_causes_it(bench: Bench) -> None:
    def break_on_one(item: WorkItem, group_size: int) -> Made:
        if item.key == "C0002":
            raise RuntimeError("shape mismatch")
        return make(item, group_size)

    assert bench.run(ScriptedTask(break_on_one)).how == "finished"
    states = bench.history().states
    assert {key for key, state in states.items() if state is ItemState.FAILED} == {"C0002"}
    assert len(states) == 10


def test_an_engine_that_fails_at_everything_ends_the_job_with_the_reason(bench: Bench) -> None:
    def break_always(item: WorkItem, group_size: int) -> Made:
        raise ModelError("jobs.out_of_memory")

    ended = bench.run(ScriptedTask(break_always))
    assert ended.how == "failed"
    assert ended.reason == {"key": "jobs.out_of_memory", "params": {}}
    assert bench.history().counts() == {ItemState.FAILED: FAILURES_IN_A_ROW}


def test_an_item_without_an_answer_fails_instead_of_coming_again(bench: Bench) -> None:
    assert bench.run(ScriptedTask(lambda item, size: None)).how == "finished"
    assert bench.history().counts() == {ItemState.FAILED: 10}


def test_a_full_disk_ends_the_work_and_nothing_unwritten_counts_as_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Journal.append

    def fail_on_results(self: Journal, *records: Any) -> None:
        if any(record["kind"] == "result" for record in records):
            raise JournalFullError("jobs.disk_full")
        real(self, *records)

    monkeypatch.setattr(Journal, "append", fail_on_results)
    with pytest.raises(JournalFullError):
        bench.run(ScriptedTask())
    assert bench.history().states == {}


def test_measured_parts_are_journalled(bench: Bench) -> None:
    bench.run(ScriptedTask())
    parts = [entry.parts["generate"] for entry in bench.entries() if isinstance(entry, PartsMeasured)]
    assert sum(count for _, count in parts) == 10


def test_the_heartbeat_tells_what_is_in_hand(bench: Bench) -> None:
    beats: list[Heartbeat | None] = []

    def look(item: WorkItem, group_size: int) -> Made:
        beats.append(Heartbeat.read(bench.folder))
        return make(item, group_size)

    bench.run(ScriptedTask(look))
    beat = beats[-1]
    assert beat is not None
    assert (beat.phase, beat.label, beat.done) == ("generating", "C0008", 8)
    assert beat.age < 5
    assert beat.rss_mib > 1
