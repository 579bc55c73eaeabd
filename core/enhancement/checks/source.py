"""What the source of a description knows: its words, numbers and codes, for comparing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

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
    """A course's fields as one text, and what follows from it."""

    course: Course
    text: str  # everything the source says, normalised and lower case

    @classmethod
    def of(cls, course: Course) -> Source:
        """The source of one course: every field that came with it."""
        fields = (
            course.title,
            course.title_en,
            course.code,
            course.department,
            course.category,
            course.level,
            course.credits,
            course.description,
            course.prerequisites,
            *course.extra.values(),
        )
        return cls(course, fold("\n".join(field for field in fields if field)))

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


def finding(check: str, severity: Severity, start: int, end: int, **params: object) -> Finding:
    """A finding whose sentence is `enhancement.finding.<check>`."""
    return Finding(check, severity, Message(f"enhancement.finding.{check}", params), start, end)


_PARTICLES = re.compile("(?:으로부터|로부터|에서는|에서의|으로서|으로써|에서|에게|까지|부터|으로|들을|들이|들의|들은|"
                        "이라는|라는|이란|이나|은|는|이|가|을|를|의|에|과|와|도|로|들|만)$")  # fmt: skip


def _bare(word: str) -> str:
    cut = _PARTICLES.sub("", word)
    return cut if len(cut) >= 2 else word
