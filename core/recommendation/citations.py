"""Which sentence of a course's text speaks of a reason, and who wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core.records import Message

_SENTENCE_END = re.compile(r"(?<=[.!?。])\s+|\n+")
_WORD = re.compile(r"[^\W_]+")
_HANGUL = re.compile(r"[가-힣]")
_STEM = 5  # first letters of a Latin word that must agree: "design" and "designing", "robots" and "robotics"
_FILLERS = frozenset({"and", "or", "of", "the", "in", "to", "for", "a", "an", "on", "with", "i", "ii", "iii"})


class Author(StrEnum):
    """Who wrote a course's text."""

    DEPARTMENT = "department"
    MODEL = "model"  # approved as the model wrote it
    EDITED = "edited"  # the model's text, rewritten by staff


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a course that recommendations read."""

    text: str
    author: Author


def cite(source: SourceText, evidence: str) -> Message | None:
    """The sentence that shares most words with `evidence`, with its author; None when none shares any.

    Words agree by their first letters; Korean ones by pairs of syllables, because particles are written to them.
    The first of equally good sentences is taken.
    """
    wanted = _features(evidence)
    sentences = [sentence.strip() for sentence in _SENTENCE_END.split(source.text) if sentence.strip()]
    best = max(sentences, key=lambda sentence: len(wanted & _features(sentence)), default="")
    if not wanted & _features(best):
        return None
    return Message(f"recommendation.cite.{source.author}", {"sentence": best})


def _features(text: str) -> frozenset[str]:
    features: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if _HANGUL.search(word):
            features.update(word[start : start + 2] for start in range(max(1, len(word) - 1)))
        elif word not in _FILLERS:
            features.add(word[:_STEM])
    return frozenset(features)
