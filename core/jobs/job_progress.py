"""Where a job stands, for people who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.records import Job, Message

if TYPE_CHECKING:
    from core.measurement.forecast import Forecast


@dataclass(frozen=True, slots=True)
class LatestText:
    """A text that was just finished."""

    course_key: str
    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A job in the numbers that pages show while it runs."""

    job: Job  # counts and status
    phase: Message  # what the worker is doing, or how the job stands when there is none
    label: str = ""  # the item in hand, as its course key
    is_alive: bool = False  # a worker holds the journal's lock
    is_responding: bool = True  # False after 15 s without a sign of life
    seconds_since_beat: float | None = None
    items_per_minute: float | None = None  # of this worker; None until it finished something
    tokens_per_second: float | None = None  # over the last half minute
    time_left: Forecast | None = None  # seconds with a range
    rss_mib: float | None = None  # memory of the worker
    latest: tuple[LatestText, ...] = ()  # newest first, at most 5
