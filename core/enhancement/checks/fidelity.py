"""Checks of fidelity: does the text keep what the department said, and does it obey anything hidden in there?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.enhancement.checks.source import NUMBER, WORD, Source, finding, fold, is_content, plain_number, stem
from core.enhancement.vocabulary import pattern
from core.records import Finding, Severity

MIN_CONTENT_WORDS = 4  # of a description, below which nothing is said about drift
MIN_KEPT = 0.15  # share of the description's content words, below which a text has drifted
_NAMES = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+(?: [A-Z][a-z]+)+|\b[A-Z]{2,}\b")
_SHOWN = 3  # lost facts named in the sentence


def check_fidelity(source: Source, text: str) -> Iterator[Finding]:
    """Findings about what the description says and the text does not, and about instructions in the description."""
    yield from _obeyed(source, text)
    if source.description.strip():
        told = Source(source.course, fold(text), "")
        yield from _lost_facts(source, told, text)
        yield from _drift(source, told, text)


def _lost_facts(source: Source, told: Source, text: str) -> Iterator[Finding]:
    """Numbers, names and products of the description that the text does not have."""
    description = source.description
    numbers = [match.group() for match in NUMBER.finditer(description)]
    lost = [number for number in numbers if plain_number(number) not in told.numbers]
    names = [match.group() for match in _NAMES.finditer(description)]
    names += [match.group() for match in pattern("unknown_tool", match_case=True).finditer(description)]
    lost += [name for name in names if not all(told.knows(word) for word in WORD.findall(name))]
    if lost:
        shown = ", ".join(list(dict.fromkeys(lost))[:_SHOWN])
        yield finding("lost_fact", Severity.SOFT, 0, len(text), text=shown)


def _drift(source: Source, told: Source, text: str) -> Iterator[Finding]:
    """A text with next to nothing of what the description says."""
    words = {stem(fold(word)): word for word in WORD.findall(source.description) if is_content(word)}
    if len(words) < MIN_CONTENT_WORDS:
        return
    kept = sum(told.knows(word) for word in words.values())
    if kept / len(words) < MIN_KEPT:
        severity = Severity.SOFT if kept else Severity.HARD
        yield finding("drifted", severity, 0, len(text), kept=kept, total=len(words))


def _obeyed(source: Source, text: str) -> Iterator[Finding]:
    """Words that only an instruction inside the description has: the model did as it was told there."""
    if not source.instructions:
        return
    ordered = Source(source.course, fold(" ".join(source.instructions)), "")
    hits = [
        match
        for match in WORD.finditer(text)
        if is_content(match.group()) and ordered.knows(match.group()) and not source.knows(match.group())
    ]
    if hits:
        span = hits[0].start(), hits[-1].end()
        yield finding("obeyed_instruction", Severity.HARD, *span, text=text[span[0] : span[1]][:60])
    else:
        yield finding("instruction_in_source", Severity.SOFT, 0, len(text), text=source.instructions[0][:60])
