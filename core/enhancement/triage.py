"""Triage: does a course's own description say enough? By language, with thresholds that staff set."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.enhancement.vocabulary import words
from core.records import Course, DescriptionStatus, Message, Triage

HANGUL = re.compile("[가-힣]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_PLACEHOLDERS = frozenset(words("placeholder"))
_ENGLISH_FILLERS = frozenset(words("filler"))
_KOREAN_FILLERS = re.compile("|".join(words("filler", "korean")))
_KOREAN_PARTICLES = re.compile("(은|는|이|가|을|를|의|에|과|와|도|로|으로)+")


@dataclass(frozen=True, slots=True)
class TriageThresholds:
    """From which length a description is sufficient.

    The defaults are the length of about two plain sentences: on the sample catalog they leave every
    description that a reader would call informative alone.
    """

    korean_characters: int = 40  # Hangul, letters and digits, without spaces and signs
    english_words: int = 20

    def as_dict(self) -> dict[str, int]:
        """Plain values, for storing."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TriageThresholds:
        """Thresholds from stored values; missing ones take their default."""
        default = cls()
        return cls(
            korean_characters=int(values.get("korean_characters", default.korean_characters)),
            english_words=int(values.get("english_words", default.english_words)),
        )


DEFAULT_THRESHOLDS = TriageThresholds()


def triage(course: Course, thresholds: TriageThresholds = DEFAULT_THRESHOLDS) -> Triage:
    """The verdict on the course's own description, with the reason in numbers."""
    status, reason = _judge(course, thresholds)
    return Triage(course.course_key, status, reason)


def script_language(text: str) -> str:
    """The language a text is written in by its letters: "ko" when a third or more are Hangul, else "en"."""
    letters = len(_LETTER.findall(text))
    return "ko" if letters and len(HANGUL.findall(text)) / letters >= 1 / 3 else "en"


def text_length(text: str, language: str) -> int:
    """Length in the unit of the language: characters without spaces and signs for Korean, words for English."""
    words = _WORD.findall(text)
    return sum(len(word) for word in words) if language == "ko" else len(words)


def _judge(course: Course, thresholds: TriageThresholds) -> tuple[DescriptionStatus, Message]:
    text = course.description.strip()
    if not text:
        return DescriptionStatus.MISSING, Message("enhancement.triage.empty")
    if is_placeholder(text):
        return DescriptionStatus.MISSING, Message("enhancement.triage.placeholder", {"text": text[:40]})
    if copies_title(course):
        return DescriptionStatus.COPIES_TITLE, Message("enhancement.triage.copies_title")
    language = script_language(text)
    length = text_length(text, language)
    minimum = thresholds.korean_characters if language == "ko" else thresholds.english_words
    params = {"length": length, "minimum": minimum}
    if length < minimum:
        return DescriptionStatus.TOO_SHORT, Message(f"enhancement.triage.too_short_{language}", params)
    return DescriptionStatus.SUFFICIENT, Message(f"enhancement.triage.sufficient_{language}", params)


def is_placeholder(text: str) -> bool:
    """Whether a description only says that there is none: signs, a single letter, "TBA", "추후 공지"."""
    core = "".join(_WORD.findall(_fold(text))).replace("-", "").replace("'", "")
    return len(core) < 2 or core.isdigit() or core in _PLACEHOLDERS


def copies_title(course: Course) -> bool:
    """Whether the description says nothing beyond title, code and department, filler words aside."""
    known = " ".join((course.title, course.title_en, course.code, course.department, course.category))
    text = _fold(course.description)
    if HANGUL.search(text):
        rest = _bare_korean(text)
        titles = [_bare_korean(_fold(title)) for title in (course.title, f"{course.title}{course.title_en}")]
        whole = _squeeze(_fold(known))
        return any(_same_but_particles(rest, title) for title in titles) or (rest in whole)
    told = set(_WORD.findall(text)) - _ENGLISH_FILLERS
    return told <= set(_WORD.findall(_fold(known)))


def _same_but_particles(rest: str, title: str) -> bool:
    if not title or title not in rest:
        return False
    return not _KOREAN_PARTICLES.sub("", rest.replace(title, ""))


def _bare_korean(text: str) -> str:
    return _KOREAN_FILLERS.sub("", _squeeze(text))


def _squeeze(text: str) -> str:
    return "".join(_WORD.findall(text))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
