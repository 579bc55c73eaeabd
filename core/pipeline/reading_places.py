"""Which draft each reviewer has before them, so that two are not handed the same one. Nothing is ever locked.

Who wants a draft that somebody else reads gets it all the same, and is told; decisions are guarded on their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

READING_SECONDS = 300.0  # without a step; then somebody has probably left


@dataclass(frozen=True, slots=True)
class _Place:
    identity: str
    name: str
    until: float  # by the clock


class ReadingPlaces:
    """Who reads what: forgotten after `READING_SECONDS` without a step. Threads may share it.

    A reader is any key of a browser session; `is_here` says whether that session is still connected.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}

    def take_next(
        self, reader: str, name: str, identities: Sequence[str], start: int, is_here: Callable[[str], bool]
    ) -> int:
        """The position of the first draft, from `start` on and round, that nobody else reads; the reader has it now.

        When others read all of them it is `start`: nobody waits. `identities` holds at least one.
        """
        with self._lock:
            taken = {place.identity for place in self._others(reader, is_here)}
            around = [(start + step) % len(identities) for step in range(len(identities))]
            position = next((place for place in around if identities[place] not in taken), start)
            self._note(reader, name, identities[position])
            return position

    def stay(self, reader: str, name: str, identity: str, is_here: Callable[[str], bool]) -> str | None:
        """The reader has this draft now. The name of somebody else who reads it too, None when nobody does."""
        with self._lock:
            self._note(reader, name, identity)
            return next((place.name for place in self._others(reader, is_here) if place.identity == identity), None)

    def _note(self, reader: str, name: str, identity: str) -> None:
        self._places[reader] = _Place(identity, name, self._clock() + READING_SECONDS)

    def _others(self, reader: str, is_here: Callable[[str], bool]) -> list[_Place]:
        now = self._clock()
        self._places = {key: it for key, it in self._places.items() if it.until > now and is_here(key)}
        return [place for key, place in self._places.items() if key != reader]
