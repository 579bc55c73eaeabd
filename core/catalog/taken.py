"""The courses that students have taken, and when, found in the cells of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.catalog.tables import ProblemList
from core.catalog.terms import parse_term
from core.catalog.text import clean_line, clean_text

_SIGNS = (re.compile(r"[;|\n]"), re.compile(r"[,、]"))  # titles hold commas more often than semicolons
# "CS101@2025-1", "CS101 (2025-1)"
_WITH_TERM = re.compile(r"(?P<name>.+?)\s*(?:@\s*(?P<at>[^@]+)|\((?P<in>[^()]+)\))\s*")


class History:
    """Finds taken courses by code or title, and remembers what it could not understand."""

    def __init__(self, known_courses: Mapping[str, str], column: str, term_column: str = "") -> None:
        """`known_courses` maps codes and titles of the catalog to course keys."""
        self._known = {comparable(name): key for name, key in known_courses.items()}
        self._column, self._term_column = column, term_column
        self._unknown: dict[str, list[int]] = {}
        self._odd_terms: dict[str, list[int]] = {}

    def taken(self, cell: str, term_cell: str, row_number: int) -> dict[str, str]:
        """Course key -> date or "", of a cell: the whole cell as one name first, then cut at ever more signs.

        A course without a date of its own has that of the row's term.
        """
        day = self._day(term_cell, row_number)
        found: dict[str, str] = {}
        for key, own_day in self._find(clean_text(cell), _SIGNS, row_number):
            found.setdefault(key, own_day or day)
        return found

    def report(self, problems: ProblemList) -> None:
        """One problem for each name that is no course or term, however many students have it."""
        for name, rows in self._unknown.items():
            problems.add("unknown_course", rows[0], self._column, name, count=len(rows))
        for term, rows in self._odd_terms.items():
            problems.add("odd_term", rows[0], self._term_column or self._column, term, count=len(rows))

    def _day(self, term: str, row_number: int) -> str:
        day = parse_term(term)
        if term.strip() and not day:
            self._odd_terms.setdefault(term.strip(), []).append(row_number)
        return day

    def _find(self, text: str, signs: Sequence[re.Pattern[str]], row_number: int) -> list[tuple[str, str]]:
        name = comparable(text)
        if not name:
            return []
        if name in self._known:
            return [(self._known[name], "")]
        if signs:
            return [entry for part in signs[0].split(text) for entry in self._find(part, signs[1:], row_number)]
        dated = _WITH_TERM.fullmatch(text.strip())
        if dated and comparable(dated["name"]) in self._known:
            term = dated["at"] or dated["in"]
            return [(self._known[comparable(dated["name"])], self._day(term, row_number))]
        self._unknown.setdefault(text.strip(), []).append(row_number)
        return []


def comparable(name: str) -> str:
    """What two spellings of a course's name have in common."""
    return "".join(clean_line(name).casefold().split())
