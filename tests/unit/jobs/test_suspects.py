"""Items that were in hand when a worker died: tried in small groups, then alone, then set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError
from core.jobs.entries import ItemsStarted, SessionStarted, to_record
from core.jobs.spec import WorkItem
from core.jobs.tasks.base import Made, NotMade
from core.records import ItemState
from tests.jobs_lab import make_spec
from tests.session_lab import Bench, ScriptedTask, make


def test_after_deaths_from_memory_a_refilling_task_gets_less_at_once(bench: Bench) -> None:
    with bench.journal.lock():
        for worker, keys in ((1, ("C0000", "C0001")), (2, ("C0002", "C0003"))):
            for entry in (SessionStarted(worker), ItemsStarted(dict.fromkeys(keys, 1))):
                bench.journal.append(to_record(entry, "job"))
    task = ScriptedTask(refills=True)
    bench.run(task)
    assert max(len(group) for group in task.groups) == 2


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
