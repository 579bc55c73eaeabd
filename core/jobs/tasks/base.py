"""What a kind of job must be able to do for the worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.jobs.control import WorkerControl
from core.jobs.spec import WorkItem
from core.measurement.monitor import PerformanceMonitor
from core.records import Message


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of one item."""

    item: WorkItem
    output: Mapping[str, Any] = field(repr=False)  # plain JSON values
    seconds: float  # this item's share of the time
    prompt_tokens: int = 0
    new_tokens: int = 0


@dataclass(frozen=True, slots=True)
class NotMade:
    """Why nothing could be made of one item."""

    item: WorkItem
    reason: Message


class Task(Protocol):
    """Does the work of one kind of job. Heavy libraries are imported in `load`, not before."""

    phase: str  # what the heartbeat says while `run` works
    group_size: int  # items to take in hand at once
    refills: bool  # whether it takes the next item when one is finished; known after `load`

    def load(self, monitor: PerformanceMonitor) -> None:
        """Make the model ready. Raises CourseLiftError with a sentence for staff."""

    def run(
        self, items: Iterable[WorkItem], control: WorkerControl, monitor: PerformanceMonitor
    ) -> Iterator[Made | NotMade]:
        """What becomes of each item, as soon as it is known; items not reached before a stop yield nothing.

        An item that is taken out of `items` is in hand from then on.
        """
