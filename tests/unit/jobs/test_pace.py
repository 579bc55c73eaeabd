"""How fast a job gets on, asked by pages while its journal is read on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.jobs.entries import Entry, ItemDone, ItemsStarted, Line
from core.jobs.pace import Pace

BEGAN = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def at(seconds: float, entry: Entry) -> Line:
    return Line(entry, BEGAN + timedelta(seconds=seconds), 0)


class MomentOfProgress(datetime):
    """A moment; whenever an age is counted from it, another item has just been finished and another begun."""

    pace: Pace
    count = 0

    def __sub__(self, other: Any) -> Any:
        number = self.count
        type(self).count += 1
        self.pace.add(at(40 + number, ItemDone(f"C{number}", 1, "", "", {}, 1.0)))
        self.pace.add(at(40 + number, ItemsStarted({f"D{number}": 1})))
        return super().__sub__(other)


def test_it_can_be_asked_while_items_are_finished() -> None:
    pace = Pace()
    for number in range(8):
        pace.add(at(number, ItemsStarted({f"B{number}": 1})))
        pace.add(at(number, ItemsStarted({f"C{number}": 1})))
        pace.add(at(20 + number, ItemDone(f"B{number}", 1, "", "", {}, 1.0)))
    MomentOfProgress.pace = pace
    left = pace.time_left(30, 8, MomentOfProgress(2026, 3, 2, 18, 1, tzinfo=UTC))
    assert left is not None
    assert 0 < left.low < left.seconds < left.high
