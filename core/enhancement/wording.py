"""Which words of a draft are the model's own."""

from __future__ import annotations

from core.enhancement.checks.source import HANGUL, WORD, Source, fold, stem
from core.enhancement.vocabulary import words
from core.records import Course

_COMMON = frozenset(stem(word) for word in words("empty_talk"))
_COMMON_KOREAN = words("empty_talk", "korean_beginnings")


def added_spans(course: Course, text: str) -> list[tuple[int, int]]:
    """Spans of the words that no field of the course has, in any inflection; words of any description are left out."""
    source = Source.of(course)
    return [
        match.span() for match in WORD.finditer(text) if not (_is_common(match.group()) or source.knows(match.group()))
    ]


def _is_common(word: str) -> bool:
    if HANGUL.search(word):
        return word.startswith(_COMMON_KOREAN)
    return stem(fold(word)) in _COMMON
