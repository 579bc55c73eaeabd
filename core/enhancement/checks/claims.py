"""Checks of claims: numbers, codes, names, tools, rules and dates that the source does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.enhancement.checks.source import HANGUL, NUMBER, WORD, Source, finding, fold, is_content, plain_number, stem
from core.enhancement.vocabulary import pattern, words
from core.records import Finding, Severity

_NUMBER_WORDS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "fifteen": "15", "sixteen": "16",
    "한": "1", "두": "2", "세": "3", "네": "4", "다섯": "5", "여섯": "6",
}  # fmt: skip
# A number word counts as a number only before something that rules are made of.
_COUNTED = re.compile(
    r"\b(" + "|".join(word for word in _NUMBER_WORDS if word.isascii()) + r")[- ](?:[a-z]+[- ])?"
    r"(?:credits?|credit[- ]hours?|hours?|weeks?|semesters?|terms?|years?|units?|points?|exams?|projects?|"
    r"papers?|times)\b|(?<![가-힣])(" + "|".join(word for word in _NUMBER_WORDS if not word.isascii()) + r") ?"
    r"(?:학점|학기|시간|주|번|차례)(?:간|에|을|를|의|이|가|으로|이다|이며|입니다|동안|마다|짜리)?(?![가-힣])",
    re.IGNORECASE,
)  # fmt: skip
_CODE = re.compile(r"\b[A-Z]{2,5}[- ]?\d{2,5}[A-Z]?\b|(?<![A-Za-z])[A-Z]\d{4,6}\b")

# Subjects on which a wrong sentence misleads students. Silent where the source says the same.
_SUBJECTS = ("unknown_requirement", "unknown_certificate", "unknown_assessment", "unknown_schedule")
_DELIVERY = ("delivery_mode", "delivery_lab", "delivery_outside")
_SENTENCE_START = re.compile(r"[.!?:;][\"'”’)]*\s+[\"'“(]?")
_CAPITAL_RUN = re.compile(r"\b[A-Z][\w’'-]*(?:(?: of| de| van| von| the|,)? [A-Z][\w’'-]*)*")
_LATIN_RUN = re.compile(r"[A-Za-z][A-Za-z+#.-]+(?: [A-Za-z+#.-]+)*")
_COMMON_CAPITALS = frozenset(map(stem, words("common_capitals")))
_ACRONYM = re.compile(r"[A-Z][A-Za-z]?[A-Z]{1,3}s?(?:['’]s)?")


def check_claims(source: Source, text: str) -> Iterator[Finding]:
    """Findings about what the text claims and the source does not say."""
    yield from _numbers(source, text)
    yield from _subjects(source, text)
    yield from _delivery(source, text)
    yield from _people_and_tools(source, text)
    yield from _names(source, text)
    yield from _title_is_met(source, text)


def _numbers(source: Source, text: str) -> Iterator[Finding]:
    codes = [match.span() for match in _CODE.finditer(text) if fold(match.group()) not in source.text]
    for start, end in codes:
        if _squeeze(text[start:end]) not in source.squeezed:
            yield finding("unknown_code", Severity.HARD, start, end, text=text[start:end])
    for match in NUMBER.finditer(text):
        is_in_code = any(start <= match.start() < end for start, end in codes)
        if not is_in_code and plain_number(match.group()) not in source.numbers:
            yield finding("unknown_number", Severity.HARD, *match.span(), text=match.group())
    for match in _COUNTED.finditer(text):
        word = (match.group(1) or match.group(2)).casefold()
        if _NUMBER_WORDS[word] not in source.numbers and not _says_number(source, word, match.group()):
            yield finding("unknown_number", Severity.HARD, *match.span(), text=match.group())


def _says_number(source: Source, word: str, phrase: str) -> bool:
    """Whether the source counts the same thing with the same word, in any form of the noun."""
    if HANGUL.search(word):
        return _squeeze(phrase)[: len(word) + 2] in source.squeezed
    noun = WORD.findall(fold(phrase).replace("-", " "))[-1][:4]
    return re.search(rf"\b{word}[- ](?:[a-z]+[- ])?{noun}", source.text) is not None


def _subjects(source: Source, text: str) -> Iterator[Finding]:
    for name in _SUBJECTS:
        for match in pattern(name).finditer(text):
            known = all(source.knows(word) for word in WORD.findall(match.group()) if is_content(word))
            if not known or (fold(match.group()) not in source.text and not pattern(name).search(source.text)):
                yield finding(name, Severity.HARD, *match.span(), text=match.group())


def _delivery(source: Source, text: str) -> Iterator[Finding]:
    """How it is taught: online, in a laboratory, outside. The source may say so in other words, not otherwise."""
    for kind in _DELIVERY:
        is_said = pattern(f"{kind}_known").search(source.text) or pattern(kind).search(source.text)
        for match in () if is_said else pattern(kind).finditer(text):
            yield finding("unknown_delivery", Severity.HARD, *match.span(), text=match.group())


def _people_and_tools(source: Source, text: str) -> Iterator[Finding]:
    for match in pattern("tool_beside", match_case=True).finditer(text):
        group = str(match.lastgroup)
        word = match.group(group)
        if not source.knows(word) and stem(fold(word)) not in _COMMON_CAPITALS:
            yield finding("unknown_tool", Severity.HARD, *match.span(group), text=word)
    for name in ("unknown_name", "unknown_tool"):
        for match in pattern(name, match_case=True).finditer(text):
            if fold(match.group()) not in source.text:
                yield finding(name, Severity.HARD, *match.span(), text=match.group())


def _names(source: Source, text: str) -> Iterator[Finding]:
    """Capitalised words inside English sentences, Latin words in Korean ones, that the source does not have."""
    if source.course.language == "ko":
        for match in _LATIN_RUN.finditer(text):
            if not all(source.knows(word) for word in WORD.findall(match.group())):
                yield finding("new_name", Severity.SOFT, *match.span(), text=match.group())
        return
    starts = {0} | {match.end() for match in _SENTENCE_START.finditer(text)}
    for match in _CAPITAL_RUN.finditer(text):
        told = WORD.findall(match.group())
        unknown = [word for word in told if not _may_be_named(source, word)]
        if match.start() in starts and not _is_name_at_start(told, unknown):
            unknown = [word for word in told[1:] if word in unknown]
        if unknown:
            is_term = len(unknown) == 1 and _ACRONYM.fullmatch(unknown[0]) is not None
            yield finding("new_name", Severity.SOFT if is_term else Severity.HARD, *match.span(), text=match.group())


def _may_be_named(source: Source, word: str) -> bool:
    bare = fold(re.sub("['’]s?$", "", word))
    is_known = source.knows(word) or source.knows(bare)
    return is_known or stem(bare) in _COMMON_CAPITALS or (bare.islower() and not is_content(bare))


def _is_name_at_start(told: list[str], unknown: list[str]) -> bool:
    """Whether a sentence begins with a name: two capitalised words in a row that the source does not have."""
    return len(told) > 1 and told[0] in unknown and told[1] in unknown


def _title_is_met(source: Source, text: str) -> Iterator[Finding]:
    """A text that has not one word of the title may be about another course."""
    title = [word for word in WORD.findall(fold(source.course.title)) if len(word) > 2 or HANGUL.search(word)]
    beginnings = {word[: 2 if HANGUL.search(word) else 4] for word in title if not word.isdigit()}
    plain = fold(text)
    if beginnings and not any(beginning in plain for beginning in beginnings):
        yield finding("title_not_met", Severity.SOFT, 0, len(text))


def _squeeze(text: str) -> str:
    return "".join(WORD.findall(fold(text)))
