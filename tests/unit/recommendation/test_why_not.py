"""What is said about a course agrees with the list, whatever the list was made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.explain import why_not
from core.recommendation.options import Grouping, ListOptions, eligible, rank_lists
from core.recommendation.population import build_population
from core.recommendation.ranking import prepare
from core.records import CourseKind

TOP_K = 4


def some_options(generator: np.random.Generator) -> ListOptions:
    return ListOptions(
        diversity=float(generator.choice([0.0, 0.3, 1.0])),
        department_cap=[None, 1, 2][generator.integers(3)],
        grouping=list(Grouping)[generator.integers(len(Grouping))],
        excluded_categories=("1",) if generator.random() < 0.3 else (),
        years_above=[None, 0, 1][generator.integers(3)],
    )


def agrees(key: str, is_listed: bool, score: float, needed: float, options: ListOptions) -> bool:
    if is_listed or key == "listed":
        return is_listed and key == "listed"
    return {
        "gap": score < needed,
        "tie": score == pytest.approx(needed, abs=1e-9),
        "room": options.variety.is_on,
    }.get(key, True)


@pytest.mark.parametrize("seed", range(12))
def test_why_not_agrees_with_the_list(seed: int, records: Callable[..., Any]) -> None:
    generator = np.random.default_rng(seed)
    courses, students, *vectors = records(seed=seed, courses=16, students=5, departments=3)
    kinds = [CourseKind.ACTIVITY if generator.random() < 0.3 else CourseKind.COURSE for _ in courses]
    courses = [
        replace(course, kind=kind, category=str(generator.integers(3)))
        for course, kind in zip(courses, kinds, strict=True)
    ]
    prepared = prepare(build_population(courses, students, *vectors))
    chosen = {signal: float(weight) for signal, weight in zip(SIGNALS, generator.integers(0, 3, 6), strict=True)}
    weights = Weights.from_mapping(chosen | {"department": 1.0})
    options = some_options(generator)
    lists = rank_lists(prepared, weights, TOP_K, options).course_index
    for student in range(len(students)):
        for place, kind in enumerate(kinds):
            part = next((it for it in options.grouping.kinds if kind in it), options.grouping.kinds[0])
            answer = why_not(eligible(prepared, options, part), weights, student, place, TOP_K, options.variety)
            key = answer.message.key.rpartition(".")[2]
            assert agrees(key, place in lists[student], answer.score, answer.needed, options), answer
