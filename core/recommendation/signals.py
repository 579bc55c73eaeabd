"""The signals: calibrated tables that all students index into.

There are only tens of departments and about a hundred interests, so department fit is a (departments x courses)
table and interest fit an (interests x courses) table, made once; a student's row is a look-up. Only the similarity
to taken courses is personal; it has a module of its own, `history`.

All similarities are cosines of centred vectors: what an e5 model gives to all texts of a language alike is taken out
first. Measured with multilingual-e5-small:
- courses of a department, found by their mean vector among 2,720 of the RPI catalog: average precision 0.50 centred,
  0.39 plain (0.89 and 0.83 when the text also names the department);
- descriptions found by their titles: MRR 0.76 centred, 0.74 plain. Plain vectors also bring "Topics in the Arts" to
  the top for half of all interests, because short texts are a little near to everything;
- 400 Korean courses found by their English titles among as many English courses: MRR 0.54 centred by language, 0.18
  centred over all, 0.22 plain. Plain, the ten nearest courses of a Korean interest are all Korean.

NaN says missing. It is always a whole row (nothing is known of the department) or a whole column (nothing is known
of the course), never a single cell: blending relies on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.recommendation.arrays import Bools, Floats, Ints
from core.recommendation.calibration import calibrate_rows
from core.recommendation.levels import course_year, level_fit
from core.recommendation.population import PopulationData
from core.records import Course

PRIOR = 10  # pseudo-count of the means that are taken out


@dataclass(frozen=True, slots=True, eq=False)
class SignalTables:
    """Calibrated signals in [0, 1] over C courses. They depend on the catalog, and popularity on all students."""

    department: Floats  # (D, C): 1 in the own department, else how near the course's text is to the department
    interest: Floats  # (I, C)
    level: Floats  # (Y, C), a row for each of levels.YEARS
    popularity: Floats  # (C,)
    novelty: Floats  # (C,)
    taken_count: Ints  # (C,) how many of the students took each course
    student_count: int  # all whom popularity was counted among
    centred_courses: Floats  # (C, d) unit vectors without their language's common part; NaN rows have no vector
    on_offer: Bools  # (C,) active courses: the anchors of calibration


def build_signals(population: PopulationData) -> SignalTables:
    """All tables of a population."""
    on_offer = np.array([course.is_active for course in population.courses])
    languages = np.array([_is_korean_course(course) for course in population.courses])
    centred = _centred(population.course_vectors, languages, on_offer)
    interests = _centred_labels(population.interests, population.interest_vectors)
    taken_count = np.bincount(population.taken.courses, minlength=len(population.courses)).astype(np.int32)
    popularity = _popularity(taken_count)
    return SignalTables(
        department=_department_fit(population, centred, on_offer),
        interest=calibrate_rows(interests @ centred.T, on_offer),
        level=level_fit(np.array([course_year(course) for course in population.courses], np.float32)),
        popularity=popularity,
        novelty=1 - popularity,
        taken_count=taken_count,
        student_count=len(population.students),
        centred_courses=centred,
        on_offer=on_offer,
    )


def _centred(vectors: Floats, languages: Bools, counted: Bools) -> Floats:
    """Vectors without their common part, scaled to length 1 again.

    The common part is the mean of all `counted` vectors of the same language (`languages`: Korean or not). Means of
    few vectors are held back by PRIOR, or a single label would lose its own meaning.
    """
    counted = counted & _known(vectors)
    overall = vectors[counted].sum(axis=0) / (counted.sum() + PRIOR)
    common = np.empty_like(vectors)
    for language in (False, True):
        group = counted & (languages == language)
        common[languages == language] = (vectors[group].sum(axis=0) + PRIOR * overall) / (group.sum() + PRIOR)
    return _unit(vectors - common)


def _centred_labels(names: Sequence[str], vectors: Floats) -> Floats:
    """The same for names of departments or interests, whose common part is another one than that of courses."""
    languages = np.array([_is_korean(name) for name in names], np.bool_)
    return _centred(vectors, languages, np.ones(len(names), np.bool_))


def _department_fit(population: PopulationData, centred: Floats, on_offer: Bools) -> Floats:
    """1 for courses of the department itself; for others how near their text is to the department's typical text.

    A department is the mean of its courses, because a name ("CSCI") says less than what is taught; one without
    courses is its name. A course without a vector counts as its department's typical course. Without any vectors
    the fit is 1 or 0 by department alone.
    """
    own = population.course_department[None, :] == np.arange(len(population.departments))[:, None]  # (D, C)
    typical = _department_vectors(population, centred, own & on_offer)
    has_vector, has_department = _known(centred), population.course_department >= 0
    unknown = np.full((1, typical.shape[1]), np.nan, np.float32)
    stand_in = np.concatenate([typical, unknown])[population.course_department]  # -1 takes the unknown one
    near = calibrate_rows(typical @ np.where(has_vector[:, None], centred, stand_in).T, on_offer)
    fit = np.where(own, 1, np.nan_to_num(near, nan=0)).astype(np.float32)
    fit[~own.any(axis=1) & ~_known(typical)] = np.nan
    fit[:, ~has_vector & ~has_department] = np.nan
    return fit


def _department_vectors(population: PopulationData, centred: Floats, own: Bools) -> Floats:
    usable = (own & _known(centred)).astype(np.float32)
    means = _unit(usable @ np.nan_to_num(centred))
    names = _centred_labels(population.departments, population.department_vectors)
    return np.where(usable.any(axis=1, keepdims=True), means, names)


def _popularity(taken_count: Ints) -> Floats:
    """How many students took each course, on a logarithmic scale, 1 for the most taken; NaN when nobody took any.

    Logarithmic because enrolments fall off steeply: on a linear scale one required course of all freshmen would
    press all others to 0.
    """
    taken = np.log1p(taken_count)
    return (taken / taken.max() if taken.any() else np.full(len(taken), np.nan)).astype(np.float32)


def _is_korean_course(course: Course) -> bool:
    return course.language == "ko" or (not course.language and _is_korean(course.title))


def _is_korean(text: str) -> bool:
    """Whether a text has Hangul in it."""
    return any("가" <= sign <= "힣" for sign in text)


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _known(vectors: Floats) -> Bools:
    return np.asarray(np.isfinite(vectors).all(axis=1))
