"""From journal to database: each stretch of the journal becomes one transaction, stored exactly once."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

from core.failpoints import step
from core.jobs.entries import (
    EntryReader,
    ItemDone,
    ItemFailed,
    ItemSetAside,
    ItemsReset,
    ItemsStarted,
    Line,
    PartsMeasured,
)
from core.jobs.journal import Journal
from core.jobs.outputs import read_output
from core.jobs.pace import Pace
from core.jobs.reasons import as_message
from core.jobs.spec import JobSpec
from core.records import Enhancement, ItemState, JobKind, Measurement, Timing
from core.storage.job_store import JobStore
from core.storage.journal_batch import Embedding, ItemSample, JobItem, JournalBatch

LINES_A_TRANSACTION = 500

logger = logging.getLogger(__name__)


@dataclass
class _Stretch:
    """What some lines of a journal bring. Items in `done` are stored already and stay as they are."""

    spec: JobSpec
    done: frozenset[str]
    items: dict[str, JobItem] = field(default_factory=dict)
    enhancements: list[Enhancement] = field(default_factory=list)
    embeddings: list[Embedding] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    samples: list[ItemSample] = field(default_factory=list)

    def add(self, line: Line) -> None:
        match line.entry:
            case ItemDone() as entry:
                self._add_result(entry, line)
            case ItemsStarted(attempts=attempts):
                for key, attempt in attempts.items():
                    self._set(JobItem(key, attempts=attempt))
            case ItemFailed(item=item, attempt=attempt, reason=reason):
                self._set(JobItem(item, ItemState.FAILED, attempt, error=as_message(reason)))
            case ItemSetAside(item=item, attempt=attempt):
                self._set(JobItem(item, ItemState.SET_ASIDE, attempt))
            case ItemsReset(items=items):
                for key in items:
                    self._set(JobItem(key))
            case PartsMeasured(parts=parts):
                self.timings += [Timing(name, seconds, count) for name, (seconds, count) in parts.items()]

    def _set(self, item: JobItem) -> None:
        before = self.items.get(item.item_key)
        if item.item_key not in self.done and (before is None or before.state is not ItemState.DONE):
            self.items[item.item_key] = item

    def _add_result(self, entry: ItemDone, line: Line) -> None:
        before = self.items.get(entry.item)
        if entry.item in self.done or (before is not None and before.state is ItemState.DONE):
            logger.warning("job %s: a second result of one item was left out", self.spec.job_id)
            return
        output = read_output(self.spec, entry, line.at)
        if isinstance(output, Measurement):
            self.measurements.append(output)
        elif isinstance(output, Enhancement):
            if self.spec.kind is JobKind.ENHANCE:  # what a lift job writes is measured and not to be reviewed
                self.enhancements.append(output)
        else:
            self.embeddings.append(Embedding(self.spec.model_ref, entry.item, output))
        self.items[entry.item] = JobItem(entry.item, ItemState.DONE, entry.attempt, entry.seconds, entry.new_tokens)
        self.samples.append(
            ItemSample(entry.item, line.at, entry.seconds, entry.new_tokens, entry.rss_mib, entry.batch_size)
        )

    def as_batch(self) -> JournalBatch:
        return JournalBatch(
            items=list(self.items.values()),
            enhancements=self.enhancements,
            cache_keys={item.enhancement_id: self.spec.cache_key(item.source_hash) for item in self.enhancements},
            embeddings=self.embeddings,
            measurements=self.measurements,
            timings=self.timings,
            samples=self.samples,
        )


class Ingest:
    """Copies one job's journal into the store. A result is taken once, whatever the journal repeats."""

    def __init__(
        self, jobs: JobStore, spec: JobSpec, journal: Journal, distrusted: Collection[str] = frozenset()
    ) -> None:
        """Items in `distrusted` are taken again, although the store says that they are done."""
        self._jobs = jobs
        self._spec = spec
        self._journal = journal
        self._reader = EntryReader(journal, spec)
        states = jobs.item_states(spec.job_id)
        self._done = frozenset(key for key, state in states.items() if state is ItemState.DONE).difference(distrusted)
        self.pace = Pace()

    @property
    def refused(self) -> int:
        """Lines that were damaged or not of this job, so far."""
        return self._reader.refused

    def run(self) -> None:
        """Store what is new."""
        position = self._jobs.get(self._spec.job_id).journal_position
        if self._journal.size() < position:
            self.reconcile()
            return
        lines = self._reader.read_from(position)
        while stretch := list(islice(lines, LINES_A_TRANSACTION)):
            self._store(position, stretch[-1].next_position, stretch)
            position = stretch[-1].next_position

    def reconcile(self) -> None:
        """Read the whole journal again and store what is missing.

        A journal that lost its end to a power cut, after that end had been stored, goes on from an earlier byte:
        then the stored position means nothing. Timings are left out, because there is no telling which are stored.
        """
        position = self._jobs.get(self._spec.job_id).journal_position
        lines = list(self._reader.read_from())
        logger.warning("job %s: its whole journal is read again", self._spec.job_id)
        untimed = [line for line in lines if not isinstance(line.entry, PartsMeasured)]
        self._store(position, lines[-1].next_position if lines else 0, untimed)

    def _store(self, position: int, end: int, lines: Sequence[Line]) -> None:
        stretch = _Stretch(self._spec, self._done)
        for line in lines:
            stretch.add(line)
            self.pace.add(line)
        with step("ingest.store"):
            self._jobs.apply_journal(self._spec.job_id, position, end, stretch.as_batch())
        self._done |= {item.item_key for item in stretch.items.values() if item.state is ItemState.DONE}
