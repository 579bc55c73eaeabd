"""How alike the lists of similar students are: whether everybody with the same wishes gets the same courses."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np

from core.evaluation.population import list_diversities, mean_of_known
from core.pipeline.application import Application
from core.pipeline.population import load
from core.pipeline.students import made_with
from core.recommendation.blend import Weights
from core.recommendation.options import rank_lists
from core.recommendation.population import PopulationData, same_name
from core.recommendation.ranking import RankedLists

MOST = 20  # students to compare with


@dataclass(frozen=True, slots=True)
class SimilarStudents:
    """A student's list beside those of the most similar students, all made with the same weights."""

    students: int  # similar ones, MOST at most
    places: int  # filled places of the student's own list
    shared: float  # how many of its courses a similar student's list has too, on average
    different: int  # courses in the lists of all of them together, the student's own included
    diversity: float  # of the student's list: mean of 1 - cosine between its courses; NaN without vectors
    their_diversity: float  # mean of the similar students' lists


def similar_students(app: Application, catalog_id: str, student_id: str) -> SimilarStudents | None:
    """Compare with students of the same department who share most interests, nearest year first; None without any.

    Raises RecommendationError when there is no such student.
    """
    loaded, makers = load(app, catalog_id), made_with(app, catalog_id)
    population, weights = loaded.prepared.population, Weights.from_mapping(makers.weights)
    place = population.student_index(student_id)
    rows = _nearest(population, place)
    if not rows:
        return None
    version = (loaded, weights, makers.options, makers.top_k)
    ranked: RankedLists = app.cached(
        f"ranking of the lists {catalog_id}",
        version,
        lambda: rank_lists(loaded.prepared, weights, makers.top_k, makers.options),
    )
    lists = ranked.course_index[[place, *rows]]
    own = lists[0][lists[0] >= 0]
    diversities = list_diversities(lists, population.course_vectors)
    return SimilarStudents(
        students=len(rows),
        places=len(own),
        shared=float(np.isin(lists[1:], own).sum(axis=1).mean()),
        different=len(np.unique(lists[lists >= 0])),
        diversity=float(diversities[0]),
        their_diversity=mean_of_known(diversities[1:]),
    )


def _nearest(population: PopulationData, place: int) -> list[int]:
    department, student = population.student_department[place], population.students[place]
    wanted = {same_name(interest) for interest in student.interests}
    same = np.flatnonzero((population.student_department == department) & (department >= 0))

    def distance(row: int) -> tuple[float, float, int]:
        other = population.students[row]
        years = abs((other.year or 0) - (student.year or 0))
        return -_overlap(wanted, {same_name(interest) for interest in other.interests}), years, row

    return sorted((int(row) for row in same if row != place), key=distance)[:MOST]


def _overlap(left: Set[str], right: Set[str]) -> float:
    """Jaccard's index; two students without interests are alike."""
    return len(left & right) / len(left | right) if left or right else 1.0
