"""The worker's loop in this process, with a task that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from core.jobs.control import WorkerControl
from core.jobs.entries import EntryReader, SessionEnded, SessionStarted, to_record
from core.jobs.heartbeat import Pulse
from core.jobs.history import History
from core.jobs.journal import JOURNAL_FILE, Journal
from core.jobs.outputs import text_output
from core.jobs.session import Session
from core.jobs.spec import JobSpec, WorkItem
from core.jobs.tasks.base import Made, NotMade
from core.measurement.monitor import PerformanceMonitor
from core.records import FinishReason

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
