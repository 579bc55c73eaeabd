"""What the source of a description knows: its words, numbers and codes, for comparing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from core.enhancement.trimming import split_sentences
from core.enhancement.vocabulary import pattern, words
from core.records import Course, Finding, Message, Severity

HANGUL = re.compile("[가-힣]")
LETTER = re.compile(r"[^\W\d_]")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

_ENGLISH_ENDINGS = re.compile(
    r"(?:ization|isation|ations?|ments?|ness|ings?|ions?|ical|ally|ities|ity|ies|ers?|ed|es|s|al|ic|ly|y|e)$"
)


@dataclass(frozen=True)
class Source:
    """A course's fields as one text, and what follows from it.

    Sentences of the description that give orders to a model are no part of it: what they say is not known.
    """

    course: Course
    text: str  # everything the source says, normalised and lower case
    description: str  # of the course, without instructions
    instructions: tuple[str, ...] = ()  # sentences of the description that address a model

    @classmethod
    def of(cls, course: Course) -> Source:
        """The source of one course: every field that came with it."""
        sentences = split_sentences(course.description, course.language or "en")
        instructions = tuple(each for each in sentences if pattern("instruction").search(each))
        description = " ".join(each for each in sentences if each not in instructions)
        fields = (
            course.title,
            course.title_en,
            course.code,
            course.department,
            course.category,
            course.level,
            course.credits,
            description,
            course.prerequisites,
            *course.extra.values(),
        )
        return cls(course, fold("\n".join(field for field in fields if field)), description, instructions)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """All numbers of the source, as digits without thousands signs and trailing zeros."""
        return frozenset(plain_number(found) for found in NUMBER.findall(self.text))

    @cached_property
    def stems(self) -> frozenset[str]:
        """All words of the source, cut back to their stems."""
        return frozenset(stem(word) for word in WORD.findall(self.text))

    @cached_property
    def squeezed(self) -> str:
        """The source without spaces and signs, for Korean, where spacing varies."""
        return "".join(WORD.findall(self.text))

    def knows(self, word: str) -> bool:
        """Whether the source has this word, in any inflection."""
        folded = fold(word)
        return stem(folded) in self.stems or (bool(HANGUL.search(folded)) and _bare(folded) in self.squeezed)


def fold(text: str) -> str:
    """Lower case, one form for characters that have several."""
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=65_536)  # the words of a catalog come again and again
def stem(word: str) -> str:
    """An English word without its most common endings (a rough cut: equal stems mean kin, not the same word)."""
    if len(word) < 5 or HANGUL.search(word):
        return word
    cut = _ENGLISH_ENDINGS.sub("", word)
    return cut if len(cut) >= 3 else word


def plain_number(number: str) -> str:
    """ "1,000" and "1000", "3.0" and "3" are the same number."""
    digits = number.replace(",", "")
    if "." in digits and digits.count(".") == 1:
        digits = digits.rstrip("0").rstrip(".")
    return digits.lstrip("0") or "0"


@lru_cache(maxsize=65_536)
def is_content(word: str) -> bool:
    """Whether a word says something about a subject: no word that any description has, no number."""
    folded = fold(word)
    if HANGUL.search(folded):
        return len(folded) > 1 and not folded.startswith(_COMMON_KOREAN)
    return len(folded) > 2 and not folded.isdigit() and stem(folded) not in _COMMON


_COMMON = frozenset(stem(word) for word in words("empty_talk"))
_COMMON_KOREAN = words("empty_talk", "korean_beginnings")


def finding(check: str, severity: Severity, start: int, end: int, **params: object) -> Finding:
    """A finding whose sentence is `enhancement.finding.<check>`."""
    return Finding(check, severity, Message(f"enhancement.finding.{check}", params), start, end)


_PARTICLES = re.compile("(?:으로부터|로부터|에서는|에서의|으로서|으로써|에서|에게|까지|부터|으로|들을|들이|들의|들은|"
                        "이라는|라는|이란|이나|은|는|이|가|을|를|의|에|과|와|도|로|들|만)$")  # fmt: skip


def _bare(word: str) -> str:
    cut = _PARTICLES.sub("", word)
    return cut if len(cut) >= 2 else word
