"""The worker's loop: groups, stops, errors and what the journal holds of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError
from core.jobs.control import CANCEL, request_stop
from core.jobs.entries import ItemDone, ItemsStarted, PartsMeasured
from core.jobs.heartbeat import Heartbeat
from core.jobs.journal import Journal, JournalFullError
from core.jobs.session import FAILURES_IN_A_ROW
from core.jobs.spec import WorkItem
from core.jobs.tasks.base import Made, NotMade
from core.records import ItemState, Message
from tests.jobs_lab import make_spec
from tests.session_lab import Bench, ScriptedTask, make


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


def test_items_dropped_by_a_stop_are_released(bench: Bench) -> None:
    def stop_and_drop(item: WorkItem, group_size: int) -> None:
        request_stop(bench.folder, "pause")

    ended = bench.run(ScriptedTask(stop_and_drop))
    assert ended.how == "paused"
    assert set(ended.released) == {"C0000", "C0001", "C0002", "C0003"}


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
