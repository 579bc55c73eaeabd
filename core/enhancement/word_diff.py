"""Two texts side by side: which words were kept, left out or added."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

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
    matcher = SequenceMatcher(None, [_compare(word) for word in old], [_compare(word) for word in new], autojunk=False)
    runs: list[WordRun] = []
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            runs.append(WordRun("".join(new[new_start:new_end]), Change.KEPT))
            continue
        if old_end > old_start:
            runs.append(WordRun("".join(old[old_start:old_end]), Change.REMOVED))
        if new_end > new_start:
            runs.append(WordRun("".join(new[new_start:new_end]), Change.ADDED))
    return tuple(runs)


def _compare(word: str) -> str:
    return word.strip().casefold()
