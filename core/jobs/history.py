"""What a journal adds up to: which items are settled, which were in hand when a worker died, how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import isqrt
from typing import TypeVar

from core.jobs.entries import (
    Entry,
    ItemDone,
    ItemFailed,
    ItemSetAside,
    ItemsReset,
    ItemsStarted,
    Line,
    SessionEnded,
    SessionStarted,
)
from core.jobs.spec import WorkItem
from core.records import ItemState

_Item = TypeVar("_Item")

MAX_ATTEMPTS = 3  # an item that was in hand at this many deaths of its worker is set aside


class History:
    """A journal, read from its beginning."""

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self.states: dict[str, ItemState] = {}  # of the items that are settled
        self.deaths: Counter[str] = Counter()  # item -> workers that died with it in hand
        self.worker: int | None = None  # process id of the last worker
        self.ended: SessionEnded | None = None  # how it stopped; None when it was killed or lives
        self._in_hand: set[str] = set()
        self._lost_groups: list[dict[str, int]] = []  # several items in hand at one death -> deaths each had then seen
        for line in lines:
            if line.entry is not None:
                self.add(line.entry)

    def add(self, entry: Entry) -> None:
        """Take the next entry into account."""
        match entry:
            case SessionStarted(pid=pid):
                self._bury()
                self.worker, self.ended = pid, None
            case ItemsStarted(attempts=attempts):
                self._in_hand.update(attempts)
                for key, attempt in attempts.items():  # holds even if the record of an earlier death is damaged
                    self.deaths[key] = max(self.deaths[key], attempt - 1)
            case ItemDone(item=item):
                self._settle(item, ItemState.DONE)
            case ItemFailed(item=item):
                self._settle(item, ItemState.FAILED)
            case ItemSetAside(item=item):
                self._settle(item, ItemState.SET_ASIDE)
            case SessionEnded(released=released):
                self._in_hand.difference_update(released)
                self.ended = entry
            case ItemsReset(items=items):
                for key in items:
                    if self.states.get(key) is not ItemState.DONE:
                        self.states.pop(key, None)
                        self.deaths.pop(key, None)

    def _settle(self, key: str, state: ItemState) -> None:
        if self.states.get(key) is not ItemState.DONE:
            self.states[key] = state
        self._in_hand.discard(key)

    def _bury(self) -> None:
        """The worker before is gone: what it had in hand counts against those items."""
        self.deaths.update(self._in_hand)
        if len(self._in_hand) > 1:
            self._lost_groups.append({key: self.deaths[key] for key in self._in_hand})
        self._in_hand = set()

    def counts(self) -> Counter[ItemState]:
        """Settled items by state."""
        return Counter(self.states.values())

    def pending(self, items: Iterable[WorkItem]) -> list[WorkItem]:
        """The items that nothing is settled about, in their order."""
        return [item for item in items if item.key not in self.states]

    def in_hand(self, items: Iterable[WorkItem]) -> list[WorkItem]:
        """The items whose attempt has begun and not ended."""
        return [item for item in items if item.key in self._in_hand]

    def suspects(self, items: Iterable[WorkItem]) -> list[WorkItem]:
        """Pending items that were in hand at a death, the least suspicious first."""
        return sorted(
            (item for item in self.pending(items) if self.deaths[item.key]), key=lambda item: self.deaths[item.key]
        )

    def trials(self, items: Iterable[WorkItem], wanted: int) -> Iterable[Sequence[WorkItem]]:
        """The suspects in the groups in which to try them again, when groups of `wanted` are the rule.

        In groups of the root of that, so that the innocent are soon through; once such a group has died too, all of
        them alone, so that every further worker brings something to an end.
        """
        suspects = self.suspects(items)
        has_died_again = any(self.deaths[item.key] > 1 for item in suspects)
        return chunks(suspects, 1 if has_died_again else smaller(wanted))

    def group_size(self, wanted: int) -> int:
        """How many items to take in hand at once, at most `wanted`.

        When whole groups were lost although none of their items did harm in a smaller one, the group itself is too
        much, usually for the memory: from the second such loss on, each halves the size.
        """
        blameless = sum(all(self.deaths[key] <= then for key, then in group.items()) for group in self._lost_groups)
        return max(1, wanted >> max(0, blameless - 1))


def smaller(size: int) -> int:
    """How many to try at once where a group of `size` came to grief: finds one culprit in two steps of few trials."""
    return max(1, isqrt(size))


def chunks(items: Sequence[_Item], size: int) -> Iterable[Sequence[_Item]]:
    """`items` cut into pieces of `size`, the last one perhaps smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))
