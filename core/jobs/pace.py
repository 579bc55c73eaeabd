"""How fast a running job gets on, from what its journal says."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from core.jobs.entries import ItemDone, ItemFailed, ItemSetAside, ItemsStarted, Line, SessionEnded, SessionStarted
from core.measurement.forecast import Forecast, forecast, forecast_refilling

_ITEMS = 1024  # the newest ones that a forecast looks at


class Pace:
    """Follows the items of one job from begin to end.

    One thread adds while others ask: they copy what they read in one step, which the interpreter does not interrupt.
    """

    def __init__(self) -> None:
        self.seconds: deque[float] = deque(maxlen=_ITEMS)  # each newest item's share of the time; cached ones take none
        self._durations: deque[float] = deque(maxlen=_ITEMS)  # from begin to end, wall clock
        self._begun: dict[str, datetime] = {}  # items in hand
        self._refills = False  # whether items begin while others are in hand

    def add(self, line: Line) -> None:
        """Take the next line of the journal into account."""
        match line.entry:
            case SessionStarted() | SessionEnded():
                self._begun.clear()
            case ItemsStarted(attempts=attempts):
                self._refills |= bool(self._begun)
                self._begun.update(dict.fromkeys(attempts, line.at))
            case ItemDone(item=item, seconds=seconds):
                if seconds:
                    self.seconds.append(seconds)
                if begun := self._begun.pop(item, None):
                    self._durations.append((line.at - begun).total_seconds())
            case ItemFailed(item=item) | ItemSetAside(item=item):
                self._begun.pop(item, None)

    def time_left(self, pending: int, batch_size: int, now: datetime, repeated: float = 0.0) -> Forecast | None:
        """How long `pending` items take, those in hand included; None before anything has finished.

        `repeated` is the share of items that take a second attempt.
        """
        if not self._refills:
            return forecast(list(self.seconds), pending, batch_size)
        durations, moments = list(self._durations), list(self._begun.values())
        ages = [max(0.0, (now - begun).total_seconds()) for begun in moments]
        return forecast_refilling(durations, ages, max(0, pending - len(ages)), repeated)
