"""The year of study a course is meant for, and how well it fits a student's year."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from core.recommendation.arrays import Floats
from core.records import Course, Message

GRADUATE_YEAR = 5
_GRADUATE = re.compile(r"graduate|master|doctor|phd|대학원|석사|박사", re.IGNORECASE)
_UNDERGRADUATE = re.compile(r"under-?graduate|bachelor|학부", re.IGNORECASE)
_LEVEL_NUMBER = re.compile(r"(?<!\d)([1-9])(?:\d00|\d{3}|00)?(?!\d)")  # "3", "300", "3학년", "4200"
_CODE_NUMBER = re.compile(r"^[^\W\d_]+[-_. ]?([1-9])\d{2,3}(?!\d)")  # "CSCI-4200", "HS2732"
YEARS = np.arange(1, 9, dtype=np.float32)  # years of study that students may be in
STEP_ABOVE = 0.5  # a course one year above the student is half a fit, two years above none
STEP_BELOW = 0.25  # easier is less of a misfit than harder


def course_year(course: Course) -> float:
    """The year (1 to 4, 5 for graduate) from the level or else from the code's number; NaN when neither says.

    The first digit of a three- or four-digit course number is the year: the custom of the catalogs at hand.
    """
    return _year(course.level, course.code)


@lru_cache(maxsize=65_536)  # the effect of a draft is reckoned with all courses, time and again
def _year(level: str, code: str) -> float:
    if _GRADUATE.search(_UNDERGRADUATE.sub("", level)):
        return float(GRADUATE_YEAR)
    found = _LEVEL_NUMBER.search(level) or _CODE_NUMBER.match(code)
    return float(min(int(found.group(1)), GRADUATE_YEAR)) if found else float("nan")


def level_message(year: float) -> Message:
    """A year of study, or graduate students, in words."""
    if year >= GRADUATE_YEAR:
        return Message("recommendation.level.graduate")
    return Message("recommendation.level.year", {"year": int(year)})


def level_fit(course_years: Floats) -> Floats:
    """Fit in [0, 1] of courses (C,) to each of YEARS, (Y, C): 1 in the same year, less with distance; NaN unknown."""
    distance = course_years[None, :] - YEARS[:, None]
    fit: Floats = np.clip(1 - np.where(distance > 0, distance * STEP_ABOVE, -distance * STEP_BELOW), 0, 1)
    return fit
