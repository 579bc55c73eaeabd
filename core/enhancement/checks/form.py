"""Checks of form: language, ending, loops, length, markup, echoes of the prompt, chatter."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from core.enhancement.checks.source import HANGUL, LETTER, WORD, Source, finding, fold, stem
from core.enhancement.triage import text_length
from core.enhancement.trimming import is_whole, split_sentences
from core.enhancement.vocabulary import pattern, words
from core.generation.engine import Chat
from core.records import Finding, Severity

MAX_COMPRESSION = 2.4  # zlib ratio above which a text loops; Whisper's limit for the same purpose
ECHO_WORDS = {"system": 5, "user": 5, "assistant": 7}  # so many words in a row from such a message are no accident
MAX_CYCLE = 8  # words of a run that is said again and again
MIN_CYCLES = 3
MAX_FOREIGN_WORDS = 7  # Latin words in a row in a Korean text that are no term any more
MAX_COMMAS = 10  # of one sentence; a small model that has nothing to say lists everything it knows
_SHORT = {"ko": (20, 40), "en": (8, 16)}  # below the first: hard, below the second: soft
_LONG = {"ko": 700, "en": 220}  # above: soft
_MIN_SHARE = {"ko": 0.4, "en": 0.9}  # of letters in the script of the language

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_FOREIGN = re.compile(r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0eff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff]+")
_LATIN_RUN = re.compile(rf"[A-Za-z][\w'’-]*(?:[ ,;:]+[A-Za-z][\w'’-]*){{{MAX_FOREIGN_WORDS},}}")
_HANGUL_RUN = re.compile("[가-힣][가-힣 ]*")
_CONTROL = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffd\ue000-\uf8ff]+"
    r"|<\|[^|>]{0,40}\|>|</?s>"
)
_EMPTY_TALK = frozenset(stem(word) for word in words("empty_talk"))
_KOREAN_EMPTY_TALK = words("empty_talk", "korean_beginnings")


def check_form(source: Source, text: str, chat: Chat) -> Iterator[Finding]:
    """Findings that need no knowledge of facts."""
    language = source.course.language or "en"
    yield from _language(source, text, language)
    yield from _ending(text, language)
    yield from _loops(text, language)
    yield from _length(text, language)
    yield from _patterns(text)
    yield from _echo(source, text, chat)
    yield from _says_nothing(source, text)


def _patterns(text: str) -> Iterator[Finding]:
    patterns = {name: pattern(name) for name in ("markup", "link", "chat_phrase", "prompt_echo")}
    for name, expression in {**patterns, "control_character": _CONTROL}.items():
        for match in expression.finditer(text):
            yield finding(name, Severity.HARD, *match.span(), text=_shown(match.group()))
    spoken = pattern("personal_voice", match_case=True).search(text)
    if spoken:
        yield finding("personal_voice", Severity.SOFT, *spoken.span(), text=_shown(spoken.group()))


def _language(source: Source, text: str, language: str) -> Iterator[Finding]:
    letters = len(LETTER.findall(text))
    own = len((HANGUL if language == "ko" else _LATIN).findall(text))
    if letters and own / letters < _MIN_SHARE[language]:
        share = round(100 * own / letters)
        yield finding("language_switched", Severity.HARD, 0, len(text), share=share)
        return
    foreign = _LATIN_RUN if language == "ko" else _HANGUL_RUN
    for match in _chain(_FOREIGN.finditer(text), foreign.finditer(text)):
        if fold(match.group().strip()) not in source.text:
            yield finding("foreign_script", Severity.HARD, *match.span(), text=_shown(match.group()))


def _chain(*runs: Iterable[re.Match[str]]) -> Iterator[re.Match[str]]:
    for run in runs:
        yield from run


def _ending(text: str, language: str) -> Iterator[Finding]:
    if text.strip() and not is_whole(text, language):
        last = split_sentences(text, language)[-1]
        yield finding("cut_off", Severity.HARD, len(text) - len(last), len(text))


def _loops(text: str, language: str) -> Iterator[Finding]:
    data = fold(text).encode()
    if len(data) >= 120 and len(data) / len(zlib.compress(data)) > MAX_COMPRESSION:
        yield finding("looping", Severity.HARD, 0, len(text))
        return
    seen: set[str] = set()
    for sentence in split_sentences(text, language):
        plain = " ".join(WORD.findall(fold(sentence)))
        if len(plain) >= 12 and plain in seen:
            start = text.rfind(sentence)
            yield finding("looping", Severity.HARD, start, start + len(sentence))
        seen.add(plain)
    found = list(WORD.finditer(text))
    told = [fold(word.group()) for word in found]
    if cycle := _cycle(told):
        yield finding("looping", Severity.HARD, found[cycle[0]].start(), found[cycle[1] - 1].end())
        return
    grams = Counter(tuple(told[at : at + 4]) for at in range(len(told) - 3))
    for gram, count in grams.items():
        if count >= 3:
            yield finding("repeated_words", Severity.SOFT, 0, len(text), text=_shown(" ".join(gram)), count=count)
            return


def _cycle(told: list[str]) -> tuple[int, int] | None:
    """First and last position (exclusive) of words that come again at once, at least `MIN_CYCLES` times."""
    for size in range(1, MAX_CYCLE + 1):
        length = 0
        for at in range(size, len(told)):
            length = length + 1 if told[at] == told[at - size] else 0
            if length >= size * (MIN_CYCLES - 1):
                return at - size * MIN_CYCLES + 1, at + 1
    return None


def _length(text: str, language: str) -> Iterator[Finding]:
    length = text_length(text, language)
    hard, soft = _SHORT[language]
    if length < soft:
        severity = Severity.HARD if length < hard else Severity.SOFT
        yield finding("too_short", severity, 0, len(text), length=length, minimum=soft)
    elif length > _LONG[language]:
        yield finding("too_long", Severity.SOFT, 0, len(text), length=length, maximum=_LONG[language])
    for sentence in split_sentences(text, language):
        if (count := sentence.count(",")) > MAX_COMMAS:
            start = text.find(sentence)
            yield finding("long_list", Severity.SOFT, start, start + len(sentence), count=count + 1)


def _echo(source: Source, text: str, chat: Chat) -> Iterator[Finding]:
    """Runs of words that stand in the prompt but not in the course's own fields."""
    told = list(WORD.finditer(text))
    folded = [fold(word.group()) for word in told]
    for message in chat:
        size = ECHO_WORDS[message["role"]]
        leaks = _grams(message["content"], size) - _grams(source.text, size)
        for at in range(len(told) - size + 1):
            if tuple(folded[at : at + size]) in leaks:
                span = told[at].start(), told[at + size - 1].end()
                yield finding("prompt_echo", Severity.HARD, *span, text=_shown(text[span[0] : span[1]]))
                return


@lru_cache(maxsize=64)  # the shared part of the prompts comes again with every course
def _grams(text: str, size: int) -> frozenset[tuple[str, ...]]:
    told = WORD.findall(fold(text))
    return frozenset(tuple(told[at : at + size]) for at in range(len(told) - size + 1))


def _says_nothing(source: Source, text: str) -> Iterator[Finding]:
    """A text that only says the title again, in other filler words."""
    course = source.course
    known = {stem(word) for word in WORD.findall(fold(f"{course.title} {course.title_en} {course.department}"))}
    squeezed = "".join(WORD.findall(fold(f"{course.title}{course.department}")))
    told = set()
    for word in WORD.findall(fold(text)):
        if HANGUL.search(word):
            if not word.startswith(_KOREAN_EMPTY_TALK) and word[:2] not in squeezed:
                told.add(word[:2])
        elif stem(word) not in _EMPTY_TALK and stem(word) not in known:
            told.add(stem(word))
    if text and len(told) < 4:
        yield finding("nothing_beyond_title", Severity.HARD, 0, len(text))


def _shown(text: str) -> str:
    return text.strip()[:60]
