"""One worker's work on one job: take items in hand, write down what becomes of them, go on until told to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

from core.jobs.control import CANCEL, WorkerControl
from core.jobs.entries import (
    Entry,
    ItemDone,
    ItemFailed,
    ItemSetAside,
    ItemsStarted,
    PartsMeasured,
    SessionEnded,
    to_record,
)
from core.jobs.heartbeat import Pulse
from core.jobs.history import MAX_ATTEMPTS, History, chunks, smaller
from core.jobs.journal import Journal, JournalFullError
from core.jobs.reasons import as_values, reason_of
from core.jobs.spec import JobSpec, WorkItem
from core.jobs.tasks.base import Made, NotMade, Task
from core.measurement.monitor import PerformanceMonitor
from core.records import Message

FLUSH_SECONDS = 0.5  # results that finish within this time share one fsync
FAILURES_IN_A_ROW = 5  # of single items: then it is the engine that fails, not the items
_WINDOW_GROUPS = 8  # items are sorted by length within this many groups, so that little is padded
_LONG_GROUPS = 16  # groups in one, for a task that takes the next item when one is finished
_HANDFULS = 8  # in so many portions such a task gets what is in hand at once: each costs a wait for the disk

logger = logging.getLogger(__name__)


class EngineBrokenError(Exception):
    """One item after the other fails; `reason` is the last one's."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.key)
        self.reason = reason


class Session:
    """Works off what a job's journal leaves to do."""

    def __init__(
        self, spec: JobSpec, journal: Journal, history: History, task: Task, control: WorkerControl, pulse: Pulse
    ) -> None:
        self._spec = spec
        self._journal = journal
        self._history = history
        self._task = task
        self._control = control
        self._pulse = pulse
        self._unwritten: list[Entry] = []
        self._flushed = 0.0
        self._failures = 0

    def run(self) -> SessionEnded:
        """Work until everything is settled or a stop is asked for; says how it ended, which is then to be journalled.

        Raises JournalFullError when nothing more can be written down.
        """
        try:
            for group in self._groups():
                if self._control.should_stop():
                    break
                self._work_on(group)
        except EngineBrokenError as error:
            return SessionEnded("failed", as_values(error.reason), released=self._in_hand())
        if not self._history.pending(self._spec.items):
            return SessionEnded("finished")
        return SessionEnded("cancelled" if self._control.request == CANCEL else "paused", released=self._in_hand())

    def _in_hand(self) -> tuple[str, ...]:
        return tuple(item.key for item in self._history.in_hand(self._spec.items))

    def _groups(self) -> Iterator[Sequence[WorkItem]]:
        """Suspects in small groups or alone, then the rest in whole groups."""
        for item in self._history.suspects(self._spec.items):
            if (deaths := self._history.deaths[item.key]) >= MAX_ATTEMPTS:
                self._write(ItemSetAside(item.key, deaths))
        suspects = self._history.suspects(self._spec.items)
        yield from self._history.trials(self._spec.items, self._task.group_size)
        suspicious = {item.key for item in suspects}
        fresh = [item for item in self._history.pending(self._spec.items) if item.key not in suspicious]
        size = self._history.group_size(self._task.group_size)
        if self._task.refills and size == self._task.group_size:
            while waiting := self._history.pending(fresh):  # an error can leave a part of a group waiting
                yield waiting[: size * _LONG_GROUPS]
            return
        for window in chunks(fresh, size * _WINDOW_GROUPS):
            yield from chunks(sorted(window, key=_length, reverse=True), size)

    def _hand_out(self, group: Sequence[WorkItem]) -> Iterator[WorkItem]:
        """The items of a group; before one is handed out its attempt is written down."""
        portion = max(1, self._task.group_size // _HANDFULS) if self._task.refills else len(group)
        for items in chunks(group, portion):
            self._write(ItemsStarted({item.key: self._attempt(item) for item in items}))
            yield from items

    def _work_on(self, group: Sequence[WorkItem]) -> None:
        self._pulse.enter(self._task.phase, group[0].key)
        monitor = PerformanceMonitor()
        at_once = min(len(group), self._task.group_size)
        try:
            for outcome in self._task.run(self._hand_out(group), self._control, monitor):
                self._note(outcome, at_once)
        except (JournalFullError, EngineBrokenError):
            raise
        except Exception as error:
            logger.exception("a group of %d items failed", len(group))
            self._flush()
            self._recover(group, error)
        else:
            self._refuse_unanswered(group)
        self._unwritten.append(parts_measured(monitor))
        self._flush()

    def _recover(self, group: Sequence[WorkItem], error: Exception) -> None:
        """After an error: what was in hand of the group in smaller ones, or the end of a single item."""
        if len(group) == 1:
            self._note(NotMade(group[0], reason_of(error)), 1)
            self._failures += 1
            if self._failures >= FAILURES_IN_A_ROW:
                self._flush()
                raise EngineBrokenError(reason_of(error))
            return
        suspects = self._history.in_hand(group) or group[: self._task.group_size]
        for part in chunks(suspects, smaller(min(len(group), self._task.group_size))):
            if self._control.should_stop():
                return
            self._work_on(part)

    def _refuse_unanswered(self, group: Sequence[WorkItem]) -> None:
        """An engine that was not stopped and yet left an item out must not be asked for it again and again."""
        if self._control.should_stop():
            return
        written = {entry.item for entry in self._unwritten if isinstance(entry, ItemDone | ItemFailed)}
        for item in self._history.pending(group):
            if item.key not in written:
                self._note(NotMade(item, Message("jobs.no_answer")), len(group))

    def _note(self, outcome: Made | NotMade, batch_size: int) -> None:
        item = outcome.item
        if isinstance(outcome, NotMade):
            self._unwritten.append(ItemFailed(item.key, self._attempt(item), as_values(outcome.reason)))
        else:
            self._failures = 0
            self._unwritten.append(
                ItemDone(
                    item=item.key,
                    attempt=self._attempt(item),
                    input_hash=item.input_hash,
                    settings_hash=self._spec.settings_hash,
                    output=outcome.output,
                    seconds=outcome.seconds,
                    prompt_tokens=outcome.prompt_tokens,
                    new_tokens=outcome.new_tokens,
                    batch_size=batch_size,
                    rss_mib=self._pulse.rss_mib,
                )
            )
        self._pulse.count_done()
        self._pulse.beat(0)
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._flush()

    def _attempt(self, item: WorkItem) -> int:
        return self._history.deaths[item.key] + 1

    def _write(self, *entries: Entry) -> None:
        self._unwritten += entries
        self._flush()

    def _flush(self) -> None:
        """Results count as done from here on."""
        entries, self._unwritten = self._unwritten, []
        self._journal.append(*(to_record(entry, self._spec.job_id) for entry in entries))
        for entry in entries:
            self._history.add(entry)
        self._flushed = time.monotonic()


def parts_measured(monitor: PerformanceMonitor) -> PartsMeasured:
    """A monitor's parts as a journal entry."""
    return PartsMeasured({timing.name: (timing.seconds, timing.count) for timing in monitor.timings()})


def _length(item: WorkItem) -> int:
    return len(item.text) + sum(len(message["content"]) for message in item.chat)
