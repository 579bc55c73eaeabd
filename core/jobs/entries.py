"""What a journal says: one small dataclass a kind of record, and the check that every record passes when read.

A record that names another job, an unknown item or the wrong input is refused, so that no text can end on the wrong
course. The worker and the app read through the same check: what the app refuses the worker does again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from core.jobs.journal import Journal
from core.jobs.outputs import read_output
from core.jobs.reasons import as_message
from core.jobs.spec import JobSpec

_MAX_COUNT = 2**31 - 1  # what the database's columns hold; a server's account of itself may be anything

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A worker has taken over."""

    kind: ClassVar[str] = "session"
    pid: int


@dataclass(frozen=True, slots=True)
class ItemsStarted:
    """Attempts at items begin; written first, so that items which kill the worker are known."""

    kind: ClassVar[str] = "started"
    attempts: Mapping[str, int]  # item key -> number of this attempt, from 1


@dataclass(frozen=True, slots=True)
class ItemDone:
    """An item is finished."""

    kind: ClassVar[str] = "result"
    item: str
    attempt: int
    input_hash: str
    settings_hash: str
    output: Mapping[str, Any]  # for enhancements text and findings, for embeddings the vector; see core.jobs.tasks
    seconds: float  # this item's share of the batch's time
    prompt_tokens: int = 0
    new_tokens: int = 0
    batch_size: int = 1
    rss_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class ItemFailed:
    """An item could not be done, and why."""

    kind: ClassVar[str] = "failed"
    item: str
    attempt: int
    reason: Mapping[str, Any]  # key and params of a Message


@dataclass(frozen=True, slots=True)
class ItemSetAside:
    """An item has killed its worker too often and is left out."""

    kind: ClassVar[str] = "set_aside"
    item: str
    attempt: int  # how many attempts there were


@dataclass(frozen=True, slots=True)
class PartsMeasured:
    """Seconds by part since the last such record, as PerformanceMonitor names them."""

    kind: ClassVar[str] = "timings"
    parts: Mapping[str, tuple[float, int]]  # name -> seconds, count


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The worker stopped by itself; without this record it was killed."""

    kind: ClassVar[str] = "ended"
    how: str  # "finished", "paused", "cancelled" or "failed"
    reason: Mapping[str, Any] | None = None
    released: tuple[str, ...] = ()  # items in hand that were dropped; the attempt does not count against them


@dataclass(frozen=True, slots=True)
class ItemsReset:
    """Items are to be done again, with a clean record."""

    kind: ClassVar[str] = "reset"
    items: tuple[str, ...]


Entry = SessionStarted | ItemsStarted | ItemDone | ItemFailed | ItemSetAside | PartsMeasured | SessionEnded | ItemsReset
_KINDS: dict[str, type[Entry]] = {
    entry.kind: entry
    for entry in (
        SessionStarted,
        ItemsStarted,
        ItemDone,
        ItemFailed,
        ItemSetAside,
        PartsMeasured,
        SessionEnded,
        ItemsReset,
    )
}


class Line(NamedTuple):
    """One line of a journal, understood."""

    entry: Entry | None  # None: damaged or not of this job, refused
    at: datetime  # when it was written, UTC
    next_position: int


def to_record(entry: Entry, job_id: str) -> dict[str, Any]:
    """An entry as the plain JSON values that go into the journal."""
    return {"kind": entry.kind, "job": job_id, "at": datetime.now(UTC).isoformat(), **asdict(entry)}


class EntryReader:
    """Reads a job's journal through the check that each record passes."""

    def __init__(self, journal: Journal, spec: JobSpec) -> None:
        self._journal = journal
        self._spec = spec
        self._job_id = spec.job_id
        self._settings_hash = spec.settings_hash
        self._input_hashes = {item.key: item.input_hash for item in spec.items}
        self.refused = 0  # lines that were damaged or not of this job, so far

    def read_from(self, position: int = 0) -> Iterator[Line]:
        """The whole lines from byte `position` on; a refused one comes without an entry, is logged and counted."""
        for record, next_position in self._journal.read_from(position):
            entry, at = None, datetime.now(UTC)
            try:
                if record is not None:
                    entry, at = self._understand(record)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                logger.warning("refused a record of job %s before byte %d: %r", self._job_id, next_position, error)
            self.refused += entry is None
            yield Line(entry, at, next_position)

    def _understand(self, record: Mapping[str, Any]) -> tuple[Entry, datetime]:
        values = dict(record)
        if values.pop("job") != self._job_id:
            raise ValueError("another job")
        at = datetime.fromisoformat(values.pop("at")).astimezone(UTC)
        entry = _KINDS[values.pop("kind")](**values)
        match entry:
            case ItemDone():
                self._check_result(entry)
                read_output(self._spec, entry, at)
            case ItemFailed(reason=reason):
                as_message(reason)
        self._check_items(entry)
        return entry, at

    def _check_result(self, entry: ItemDone) -> None:
        if entry.settings_hash != self._settings_hash:
            raise ValueError("other settings")
        if entry.input_hash != self._input_hashes[entry.item]:
            raise ValueError("another input")
        counts = (entry.attempt, entry.prompt_tokens, entry.new_tokens, entry.batch_size)
        if not all(0 <= count <= _MAX_COUNT for count in counts):
            raise ValueError("a number that cannot be")

    def _check_items(self, entry: Entry) -> None:
        match entry:
            case ItemDone(item=item) | ItemFailed(item=item) | ItemSetAside(item=item):
                keys: tuple[str, ...] = (item,)
            case ItemsStarted(attempts=attempts):
                keys = tuple(attempts)
            case SessionEnded(released=items) | ItemsReset(items=items):
                keys = tuple(items)
            case _:
                keys = ()
        if unknown := [key for key in keys if key not in self._input_hashes]:
            raise ValueError(f"unknown items: {unknown[:3]}")
