"""What the values of a column say about it, from a sample of its cells."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from core.catalog.text import korean_share

SAMPLE_ROWS = 500
_LOOKED_AT = 400  # characters of a cell

_CODE = re.compile(r"[A-Za-z가-힣]{0,8}[-_. ]?\d{2,}[A-Za-z\d]{0,4}(?:[-_.]\d+)*|[A-Z]{1,6}\d[A-Z\d]{2,}(?:-\d+)*")
_MACHINE_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32,64}", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
_LINK = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
_DATE = re.compile(r"(19|20)\d\d[-./년]\s?\d{1,2}([-./월]\s?\d{1,2})?.*")
_TERM = re.compile(r"(19|20)\d\d.{0,20}|\D{1,12}(19|20)\d\d", re.DOTALL)  # the year and little else
_STRUCTURE = re.compile(r"[\[{].*[\]}]|[\d.]+( \| [\d.]+)+", re.DOTALL)  # JSON text and lists of numbers
_TRUTH = re.compile(r"true|false|y|n|yes|no|o|x|예|아니오|0|1", re.IGNORECASE)
_CREDITS = re.compile(r"\d{1,2}(\.\d+)?(\s*[-/(:~].*)?|\d{1,2}(\.\d+)?\s*(학점|credits?|cr|units?|ects)", re.IGNORECASE)
_LEVEL = re.compile(
    r"(전|[1-6])\s*학년.*|[1-7]|[1-9]00|학부|대학원|석사.*|박사.*|석박.*|초급|중급|고급|입문|심화|기초|"
    r"(under)?graduate|freshman|sophomore|junior|senior|(level|year)\s*\d+|\d(st|nd|rd|th)\s+year|beginner|"
    r"introductory|intermediate|advanced|bachelor.*|master.*|doctoral|phd|0",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(
    r"ko|kor|ko-kr|korean|한국어|국어|한글|국문|en|eng|en-us|en-gb|english|영어|영문|ja|japanese|일본어|일어|zh|"
    r"chinese|중국어|fr|french|프랑스어|de|german|독일어|spanish|스페인어",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"비?교과(과정|목|프로그램|활동)?|(extra|co)[- ]?curricular.*|curricular|course|activity|정규(과목|교과)?",
    re.IGNORECASE,
)
_CATEGORY = re.compile(
    r".*(필수|선택|교양|전공|전필|전선|교필|교선|일선|교직|핵심|공통|기초|심화|자유)(\)|과목|영역)?"
    r"|.*\b(required|elective|core|general education|compulsory|mandatory|optional)\b.*",
    re.IGNORECASE,
)
_DEPARTMENT = re.compile(r".*(학과|학부|전공|대학|대학원|학전공|과|센터|본부|[A-Z]{3,5})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Shares are of the filled cells of the sample, lengths are in characters."""

    filled: float  # share of all cells
    distinct: float
    mean_length: float
    shares: dict[str, float]  # of cells that wholly look like a thing, by its name in SHAPES
    korean: float  # mean share of Korean letters
    names_one_title: float = 1.0  # share of the filled rows whose value never comes with another title

    def share(self, shape: str) -> float:
        """How many of the filled cells look like `shape`."""
        return self.shares[shape]


SHAPES: dict[str, re.Pattern[str]] = {
    "code": _CODE,
    "machine_id": _MACHINE_ID,
    "number": _NUMBER,
    "link": _LINK,
    "date": _DATE,
    "term": _TERM,
    "structure": _STRUCTURE,
    "truth": _TRUTH,
    "credits": _CREDITS,
    "level": _LEVEL,
    "language": _LANGUAGE,
    "kind": _KIND,
    "category": _CATEGORY,
    "department": _DEPARTMENT,
}


def profile_column(cells: Sequence[str], titles: Sequence[str] = ()) -> ColumnProfile:
    """The profile of one column; with `titles` of the same rows it also says whether values identify a course."""
    filled = [_composed(cell.strip()) for cell in cells if cell.strip()]
    count = max(len(filled), 1)
    texts = [cell[:_LOOKED_AT] + cell[-1:] if len(cell) > _LOOKED_AT else cell for cell in filled]
    return ColumnProfile(
        filled=len(filled) / max(len(cells), 1),
        distinct=len(set(filled)) / count,
        mean_length=sum(map(len, filled)) / count,
        shares={name: sum(bool(shape.fullmatch(text)) for text in texts) / count for name, shape in SHAPES.items()},
        korean=sum(korean_share(text) or 0.0 for text in texts) / count,
        names_one_title=_one_title_share(zip(cells, titles, strict=False)),
    )


def _composed(cell: str) -> str:
    """Hangul as syllables, where it came in the letters that macOS writes; long texts need no closer look."""
    return cell if len(cell) > _LOOKED_AT else unicodedata.normalize("NFC", cell)


def _one_title_share(pairs: Iterable[tuple[str, str]]) -> float:
    """Counted by rows: one code that several special topics share says little about a thousand others."""
    titles_of: dict[str, list[str]] = defaultdict(list)
    for value, title in pairs:
        if value.strip():
            titles_of[value.strip()].append(title.strip())
    shared = sum(len(titles) for titles in titles_of.values() if len(set(titles)) > 1)
    return 1 - shared / max(sum(map(len, titles_of.values())), 1)


def fit_of(field: str, profile: ColumnProfile) -> float:
    """How well values agree with a field: 0 rules the column out, 1 has nothing against it, more speaks for it."""
    if profile.filled == 0:
        return 0.5  # an empty column can still be the right one, by its name
    if max(profile.share("link"), profile.share("structure")) > 0.3 or (
        field in _TEXT_FIELDS and profile.share("date") > 0.5
    ):
        return 0.0
    return _FITS[field](profile)


def _fit_code(profile: ColumnProfile) -> float:
    if profile.mean_length > 40 or profile.share("date") > 0.5:
        return 0.0
    fit = 1.1 if profile.share("code") > 0.6 else 0.9
    if profile.share("machine_id") > 0.5:
        fit *= 0.3
    is_short_number = profile.share("number") > 0.7 and profile.mean_length <= 4  # within a subject, or of the row
    if profile.names_one_title < (0.9 if is_short_number else 0.5):  # the same value stands at different courses
        fit *= 0.2
    elif is_short_number:
        fit *= 0.4
    return fit * (0.5 + 0.5 * profile.filled)


def _fit_title(profile: ColumnProfile) -> float:
    if profile.share("number") > 0.5 or profile.mean_length > 150 or profile.share("truth") > 0.9:
        return 0.0
    fit = 0.3 if profile.share("code") > 0.7 else 1.0
    return fit * (1.0 if profile.distinct > 0.2 else 0.5) * (0.5 + 0.5 * profile.filled)


def _fit_title_en(profile: ColumnProfile) -> float:
    return _fit_title(profile) * (1.0 if profile.korean < 0.5 else 0.1)


def _fit_department(profile: ColumnProfile) -> float:
    if profile.mean_length > 120 or profile.share("truth") > 0.9:
        return 0.0
    fit = 0.3 if profile.share("number") > 0.8 else 1.0
    return fit * (0.6 if profile.distinct > 0.7 else 1.0)


def _fit_category(profile: ColumnProfile) -> float:
    if profile.mean_length > 80 or profile.share("kind") > 0.9:
        return 0.0
    fit = 1.2 if profile.share("category") > 0.5 else 1.0
    return fit * (0.4 if profile.distinct > 0.6 else 1.0) * (0.5 + 0.5 * profile.filled)


def _fit_level(profile: ColumnProfile) -> float:
    return 1.0 if profile.share("level") >= 0.5 else 0.0


def _fit_credits(profile: ColumnProfile) -> float:
    return 1.0 if profile.share("credits") >= 0.6 else 0.0


def _fit_language(profile: ColumnProfile) -> float:
    return 1.0 if profile.share("language") >= 0.6 else 0.0


def _fit_kind(profile: ColumnProfile) -> float:
    return 1.1 if profile.share("kind") >= 0.6 else 0.0


def _fit_description(profile: ColumnProfile) -> float:
    if profile.share("number") > 0.5 or profile.share("truth") > 0.9:
        return 0.0
    return (0.6 if profile.mean_length < 15 else 1.0) * (0.7 + 0.3 * profile.filled)


def _fit_freely(profile: ColumnProfile) -> float:
    return 0.9 if profile.share("truth") <= 0.9 else 0.3


def _fit_student_id(profile: ColumnProfile) -> float:
    return (1.0 if profile.mean_length <= 40 else 0.0) * (0.5 + 0.5 * profile.distinct)


def _fit_year(profile: ColumnProfile) -> float:
    return 1.0 if profile.share("level") >= 0.5 else 0.0


def _fit_term(profile: ColumnProfile) -> float:
    return 1.0 if profile.share("term") >= 0.5 else 0.0


_TEXT_FIELDS = frozenset(("title", "title_en", "department", "category", "description", "interests", "history"))
_FITS: dict[str, Callable[[ColumnProfile], float]] = {
    "code": _fit_code,
    "title": _fit_title,
    "title_en": _fit_title_en,
    "department": _fit_department,
    "category": _fit_category,
    "level": _fit_level,
    "credits": _fit_credits,
    "language": _fit_language,
    "kind": _fit_kind,
    "description": _fit_description,
    "prerequisites": _fit_freely,
    "student_id": _fit_student_id,
    "year": _fit_year,
    "interests": _fit_freely,
    "history": _fit_freely,
    "term": _fit_term,
}
