"""Ending a text early: what the caller would cut away need not be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.generation.engine import IsEnough

_CLOSING_SIGNS = frozenset(".!?。\n")  # without one of these no text is asked about


class StopRule:
    """Asks the caller whether a text is enough, but only where a sentence or a line may just have ended.

    `decode` turns token ids into text. A sentence's end shows in the token that closes it or, where the caller wants
    to see what follows, in the next one.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], is_enough: IsEnough) -> None:
        self._decode = decode
        self._is_enough = is_enough
        self._closes: dict[int, bool] = {}  # token -> whether it has a closing sign

    def is_met(self, index: int, ids: Sequence[int]) -> bool:
        """Whether the text of the prompt at `index`, now `ids`, is enough."""
        return any(self._is_closing(token) for token in ids[-2:]) and self._is_enough(index, self._decode(ids))

    def _is_closing(self, token: int) -> bool:
        if token not in self._closes:
            self._closes[token] = not _CLOSING_SIGNS.isdisjoint(self._decode([token]))
        return self._closes[token]
