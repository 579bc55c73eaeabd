"""Trimming: what the model wrote after its last whole sentence, or after starting something else, goes."""

from __future__ import annotations

import re
from itertools import pairwise

# A full stop after these is no end of a sentence.
_ABBREVIATIONS = frozenset(
    "dr mr mrs ms prof st vs etc e.g i.e cf no fig vol dept univ inc jr sr approx ca al".split()  # noqa: SIM905
)
_LONGEST_SHORT_FORM = 40  # characters; looking at all of a text for each of its full stops takes quadratic time
_WORD_START = re.compile(r"[\s(\[]")
_NOTHING_MORE = re.compile(r"[.\"'”’)\] ]*\Z")
_END = re.compile(r"[.!?。]+[\"'”’)\]]*(?=\s|$)")
# Korean sentences also end without a full stop: inside a text after these, at its end after more.
_KOREAN_INNER_END = re.compile(r"(?:니다|한다|된다|있다|없다|이다|세요|어요|아요|해요)(?=\s)")
_KOREAN_LAST_END = re.compile(r"(?:다|요|함|됨|[있없같많]음|(?:목|것|의|업|좌)임)$")
# The model goes on with a next example, a list of fields, or talks to us.
_NEW_START = re.compile(
    r"\n\s*(?:#|---|\*\*|course title\s*:|title\s*:|department\s*:|description\s*:|note\s*:|user\b|assistant\b|"
    r"과목명\s*:|학과\s*:|설명\s*:|<\|)",
    re.IGNORECASE,
)


def cut_to_sentences(text: str, language: str, max_sentences: int | None = None) -> str:
    """One paragraph of whole sentences: line breaks become spaces, an unfinished last sentence is dropped.

    A text without a single whole sentence comes back as it is, so that a check can say so.
    """
    found = _NEW_START.search(text)
    kept = text[: found.start()] if found and found.start() else text
    flat = " ".join(kept.split())
    ends = sentence_ends(flat, language)
    if not ends:
        return flat
    return flat[: ends[min(len(ends), max_sentences or len(ends)) - 1]]


def is_enough(text: str, language: str, max_sentences: int) -> bool:
    """Whether `cut_to_sentences` gives the same, whatever follows this beginning of a text.

    The last sentence counts when something follows it: until then "3." may become "3.5".
    """
    text = text.lstrip()  # as engines do
    found = _NEW_START.search(text)
    if found and found.start():
        return text[found.end() :].strip() != ""
    flat = " ".join(text.split())
    return sum(end < len(flat) for end in sentence_ends(flat, language)) >= max_sentences


def sentence_ends(text: str, language: str) -> list[int]:
    """Positions just behind each whole sentence, in characters."""
    ends = {match.end() for match in _END.finditer(text) if _is_end(text, match.start())}
    if language == "ko":
        ends |= {match.end() for match in _KOREAN_INNER_END.finditer(text)}
        ends |= {match.end() for match in _KOREAN_LAST_END.finditer(text)}
    return sorted(ends)


def split_sentences(text: str, language: str) -> list[str]:
    """The sentences of a text, what follows the last whole one included."""
    cuts = [0, *sentence_ends(text, language), len(text)]
    parts = (text[start:end].strip() for start, end in pairwise(cuts))
    return [part for part in parts if part]


def is_whole(text: str, language: str) -> bool:
    """Whether the text ends with the end of a sentence."""
    stripped = text.rstrip()
    ends = sentence_ends(stripped, language)
    return bool(ends) and ends[-1] == len(stripped)


def _is_end(text: str, at: int) -> bool:
    if text[at] != ".":
        return True
    word = _WORD_START.split(text[max(0, at - _LONGEST_SHORT_FORM) : at])[-1].casefold()
    is_initial = re.fullmatch(r"(?:[a-hj-z]|[a-z](?:\.[a-z])+)", word) is not None
    return word not in _ABBREVIATIONS and (not is_initial or _NOTHING_MORE.match(text, at) is not None)
