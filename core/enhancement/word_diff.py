"""Two texts side by side: which words were kept, left out or added."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Literal

_Step = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]  # as difflib's opcodes
_MAX_PAIRS = 2_000_000  # of words to be compared: difflib takes hours for two texts of 20,000 words that say little
_WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")  # with the white space behind it: spaces alone are no likeness


class Change(StrEnum):
    """What happened to a run of words."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class WordRun:
    """Neighbouring words that share a fate, with the white space between them."""

    text: str
    change: Change


def word_diff(before: str, after: str) -> tuple[WordRun, ...]:
    """The way from one text to the other, word by word, upper and lower case alike.

    The runs that are not ADDED make up `before`, up to white space and case; those that are not REMOVED are
    exactly `after`.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    runs: list[WordRun] = []
    for kind, old_start, old_end, new_start, new_end in _steps(
        [_compare(word) for word in old], [_compare(word) for word in new]
    ):
        if kind == "equal":
            runs.append(WordRun("".join(new[new_start:new_end]), Change.KEPT))
            continue
        if old_end > old_start:
            runs.append(WordRun("".join(old[old_start:old_end]), Change.REMOVED))
        if new_end > new_start:
            runs.append(WordRun("".join(new[new_start:new_end]), Change.ADDED))
    return tuple(runs)


def _steps(old: list[str], new: list[str]) -> list[_Step]:
    """How to come from one to the other. What lies between equal ends is exchanged as a whole where it is too long."""
    if len(old) * len(new) <= _MAX_PAIRS:
        return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    both = min(len(old), len(new))
    start = next((at for at in range(both) if old[at] != new[at]), both)
    end = next((at for at in range(both - start) if old[-1 - at] != new[-1 - at]), both - start)
    old_end, new_end = len(old) - end, len(new) - end
    middle: list[_Step] = [("replace", 0, old_end - start, 0, new_end - start)]
    if (old_end - start) * (new_end - start) <= _MAX_PAIRS:
        middle = SequenceMatcher(None, old[start:old_end], new[start:new_end], autojunk=False).get_opcodes()
    steps: list[_Step] = [
        ("equal", 0, start, 0, start),
        *((kind, a + start, b + start, c + start, d + start) for kind, a, b, c, d in middle),
        ("equal", old_end, len(old), new_end, len(new)),
    ]
    return [step for step in steps if step[1] < step[2] or step[3] < step[4]]


def _compare(word: str) -> str:
    return word.strip().casefold()
