"""When a course was taken, in the many ways in which exports write terms and dates.

A term becomes a date so that terms can be put in order: the usual first month of the term, Korean universities' where
customs differ. Only the order is used, so that a month more or less does no harm.
"""

from __future__ import annotations

import re
from datetime import date

from core.catalog.text import clean_line

_TERM_MONTHS = {  # 1학기 from March, 2학기 from September; third and fourth terms follow
    **{"1": 3, "2": 9, "3": 10, "4": 12},
    **{"여름": 6, "하계": 6, "겨울": 12, "동계": 12},
    **{"spring": 3, "summer": 6, "fall": 9, "autumn": 9, "winter": 12, "s": 6, "w": 12},
}
_NAMES = "여름|하계|겨울|동계|spring|summer|fall|autumn|winter"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_LINK = r"\s*(?:학년도|년도?)?\s*[-./_ ]?\s*"
_DATE = re.compile(_YEAR + r"\s?[-./년]\s?(?P<month>\d{1,2})\s?[-./월]\s?(?P<day>\d{1,2})(?:\D.*)?")
_COMPACT_DATE = re.compile(_YEAR + r"(?P<month>\d\d)(?P<day>\d\d)")
_MONTH = re.compile(_YEAR + r"\s?[-./년]?\s?(?P<month>\d\d)\s?월?")
_TERM = re.compile(
    _YEAR
    + _LINK
    + rf"(?:제?(?P<number>[1-4])\s*(?:학기|semester|term)?|(?P<name>[sw]|{_NAMES})\s*(?:계절)?\s*(?:학기)?)"
)
_NAME_FIRST = re.compile(rf"(?P<name>{_NAMES})\s*(?:semester|term)?,?\s*" + _YEAR)
_LETTER = re.compile(_YEAR + r"(?P<letter>[a-l])")  # the month as a letter, as the Open University writes it
_ALONE = re.compile(_YEAR + r"\s*(?:학년도|년)?")
_FORMS = (_DATE, _COMPACT_DATE, _MONTH, _TERM, _NAME_FIRST, _LETTER, _ALONE)


def parse_term(cell: str) -> str:
    """The date (ISO 8601) of "2025-1", "2025학년도 2학기", "Fall 2024", "2024-09-02", "2013J", ...; "" for others."""
    text = clean_line(cell).casefold()
    for form in _FORMS:
        if found := form.fullmatch(text):
            try:
                return _date_of(found.groupdict()).isoformat()
            except ValueError:  # there is no such month or day
                return ""
    return ""


def _date_of(parts: dict[str, str | None]) -> date:
    year, day = int(parts["year"] or 0), int(parts.get("day") or 1)
    if parts.get("month"):
        return date(year, int(parts["month"] or 0), day)
    if parts.get("letter"):
        return date(year, ord(str(parts["letter"])) - ord("a") + 1, 1)
    term = parts.get("number") or parts.get("name")
    return date(year, _TERM_MONTHS[term] if term else 1, 1)
