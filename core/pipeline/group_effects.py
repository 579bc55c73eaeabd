"""What other weights do to the students of each department or year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.evaluation.population import by_group, list_diversities, own_department_shares
from core.pipeline.recommendation import Comparison
from core.recommendation.arrays import Doubles, Ints
from core.recommendation.population import PopulationData

Grouped = Literal["department", "year"]


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """One group of students; pairs are before and after. What is not known is NaN."""

    name: str
    students: int
    own_department_share: tuple[float, float]
    diversity: tuple[float, float]
    courses: tuple[int, int]  # different courses in the lists of the group
    replaced: float  # mean share of a list that is another after, 0 to 1


def effects_by(comparison: Comparison, by: Grouped) -> tuple[GroupEffect, ...]:
    """The effect on each group, departments by name and years in order. Students of no group are left out."""
    population = comparison.after.population
    names, groups = _groups(population, by)
    lists = [comparison.before.lists.course_index, comparison.after.lists.course_index]
    shares = [_means(own_department_shares(each, *_departments(population)), groups, len(names)) for each in lists]
    varied = [_means(list_diversities(each, population.course_vectors), groups, len(names)) for each in lists]
    replaced = _means(replaced_shares(*lists), groups, len(names))
    return tuple(
        GroupEffect(
            name,
            int((groups == place).sum()),
            (shares[0][place], shares[1][place]),
            (varied[0][place], varied[1][place]),
            (_different(lists[0][groups == place]), _different(lists[1][groups == place])),
            replaced[place],
        )
        for place, name in enumerate(names)
        if (groups == place).any()
    )


def replaced_shares(before: Ints, after: Ints) -> Doubles:
    """For each student the share of the list that is another after, (S,); 0 where both lists are empty."""
    kept = ((before[:, :, None] == after[:, None, :]) & (before >= 0)[:, :, None]).sum(axis=(1, 2))
    places = np.maximum((before >= 0).sum(axis=1), (after >= 0).sum(axis=1))
    return np.asarray(1.0 - np.divide(kept, places, out=np.ones(len(kept)), where=places > 0), np.float64)


def _groups(population: PopulationData, by: Grouped) -> tuple[list[str], Ints]:
    """Names of the groups, and the group of each student, -1 for none."""
    if by == "department":
        return list(population.departments), population.student_department
    years = np.unique(population.student_year[np.isfinite(population.student_year)])
    places = np.searchsorted(years, population.student_year).astype(np.int32)
    return [f"{year:.0f}" for year in years], np.where(np.isfinite(population.student_year), places, -1).astype(
        np.int32
    )


def _departments(population: PopulationData) -> tuple[Ints, Ints]:
    return population.course_department, population.student_department


def _means(values: Doubles, groups: Ints, count: int) -> list[float]:
    return [float(mean) for mean in by_group(values, groups, count)]


def _different(lists: Ints) -> int:
    return len(np.unique(lists[lists >= 0]))
