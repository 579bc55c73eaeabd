"""The signals: calibrated tables that all students index into.

There are only tens of departments and about a hundred interests, so department fit is a (departments x courses)
table and interest fit an (interests x courses) table, made once; a student's row is a look-up. Only the similarity
to taken courses is personal, and is computed for a block of students at a time.

NaN says missing. It is always a whole row (nothing is known of the department) or a whole column (nothing is known
of the course), never a single cell: blending relies on that.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.recommendation.arrays import Bools, Floats, Ints
from core.recommendation.population import PopulationData

INTEREST_BEST_SHARE = 0.75  # of interest fit: the best matching interest; the rest is the mean over all of them


@dataclass(frozen=True, slots=True, eq=False)
class SignalTables:
    """Calibrated signals in [0, 1] over C courses."""

    department: Floats  # (D, C): 1 in the own department, else how near the course's text is to the department
    interest: Floats  # (I, C)
    level: Floats  # (Y, C), a row for each of `years`
    years: Floats  # (Y,) the distinct years of the students, ascending
    popularity: Floats  # (C,)
    novelty: Floats  # (C,)
    centred_courses: Floats  # (C, d) unit vectors with the catalog's mean taken out; NaN rows have no vector
    profiles: Floats  # (S, d) unit mean of the taken courses' centred vectors; NaN rows have no history
    on_offer: Bools  # (C,) active courses: the anchors of calibration
    course_year: Floats  # (C,) NaN when unknown


def build_signals(population: PopulationData) -> SignalTables:
    """All tables of a population. Takes about a second for 5,000 students and 2,000 courses."""
    raise NotImplementedError


def history_rows(tables: SignalTables, students: Ints) -> Floats:
    """Similarity in [0, 1] of all courses to what each of `students` (B,) took, (B, C); NaN rows have no history."""
    raise NotImplementedError
