from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.recommendation.blend import Weights
from core.recommendation.options import DEFAULT_OPTIONS, Grouping, ListOptions, eligible, rank_lists
from core.recommendation.ranking import PreparedPopulation, prepare
from core.recommendation.scoring import Scorer
from core.recommendation.text_effects import lists_changed, moves_of, with_vectors
from core.recommendation.topk import best_courses
from core.records import CourseKind

WEIGHTS = Weights(0.5, 0.5)
TOP = 5


@pytest.fixture
def before(make_population) -> PreparedPopulation:
    population = make_population(seed=3, courses=40, students=60)
    kinds = [CourseKind.ACTIVITY if place % 4 == 0 else CourseKind.COURSE for place in range(40)]
    courses = tuple(replace(course, kind=kind) for course, kind in zip(population.courses, kinds, strict=True))
    return prepare(replace(population, courses=courses))


def other_vectors(places: list[int]) -> dict[int, np.ndarray]:
    generator = np.random.default_rng(9)
    vectors = generator.normal(size=(len(places), 16)).astype(np.float32)
    return dict(zip(places, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), strict=True))


def scores(prepared: PreparedPopulation) -> np.ndarray:
    everybody = slice(0, len(prepared.population.students))
    excluded = prepared.exclusions.block(everybody.start, everybody.stop)
    return Scorer(prepared.lookup, WEIGHTS.normalised).scores(everybody) - np.float32(2) * excluded


@pytest.mark.parametrize("grouping", Grouping)
def test_the_moves_of_each_course_are_those_of_lists_made_anew(before: PreparedPopulation, grouping: Grouping) -> None:
    places, options = [2, 4, 11, 25, 36], ListOptions(grouping=grouping)
    after = with_vectors(before, other_vectors(places))
    enters, leaves = np.zeros(len(places), int), np.zeros(len(places), int)
    for kinds in grouping.kinds:
        old, new = (scores(eligible(each, DEFAULT_OPTIONS, kinds)) for each in (before, after))
        for position, place in enumerate(places):
            alone = old.copy()
            alone[:, place] = new[:, place]
            was_in = (best_courses(old, TOP) == place).any(axis=1)
            is_in = (best_courses(alone, TOP) == place).any(axis=1)
            enters[position] += (is_in & ~was_in).sum()
            leaves[position] += (was_in & ~is_in).sum()
    moves = moves_of(before, after, np.array(places, np.int32), WEIGHTS, TOP, options)
    assert moves.enters.tolist() == enters.tolist()
    assert moves.leaves.tolist() == leaves.tolist()
    assert enters.sum() + leaves.sum() > 0


def test_other_vectors_give_the_lists_of_a_population_made_with_them(before: PreparedPopulation) -> None:
    vectors = other_vectors([2, 11])
    course_vectors = before.population.course_vectors.copy()
    for place, vector in vectors.items():
        course_vectors[place] = vector
    anew = prepare(replace(before.population, course_vectors=course_vectors))
    for weights in (WEIGHTS, Weights(0.4, 0.3, history=0.3)):
        expected = rank_lists(anew, weights, TOP)
        found = rank_lists(with_vectors(before, vectors), weights, TOP)
        assert np.array_equal(found.course_index, expected.course_index)


def test_a_list_in_another_order_is_not_another_list(before: PreparedPopulation) -> None:
    ranked = rank_lists(before, WEIGHTS, TOP)
    turned = replace(ranked, course_index=ranked.course_index[:, ::-1])
    assert not lists_changed(ranked, turned).any()
    shorter = ranked.course_index.copy()
    shorter[0, -1] = -1
    assert lists_changed(ranked, replace(ranked, course_index=shorter)).tolist().count(True) == 1
