from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RecommendationError
from core.recommendation.blend import Weights
from core.recommendation.levels import course_year
from core.recommendation.options import DEFAULT_OPTIONS, Grouping, ListOptions, eligible, rank_lists
from core.recommendation.population import build_population
from core.recommendation.ranking import prepare, rank_all, with_students
from core.recommendation.reasons import recommendations_of
from core.records import CourseKind

OPTIONS = st.builds(
    ListOptions,
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from(list(Grouping)),
    st.sampled_from([(), ("major",), ("liberal", "major")]),
    st.sampled_from([None, 0, 1]),
)


@pytest.fixture(scope="module")
def mixed(records):
    """A population of which every third course is an activity."""
    courses, *others = records(seed=5, courses=30, students=20)
    return prepare(
        build_population(
            [
                replace(it, kind=CourseKind.ACTIVITY if i % 3 == 0 else it.kind, category=("major", "liberal")[i % 2])
                for i, it in enumerate(courses)
            ],
            *others,
        )
    )


def kinds_of(prepared, row):
    return [prepared.population.courses[course].kind for course in row if course >= 0]


@given(OPTIONS)
def test_options_come_back_as_they_were_stored(options):
    assert ListOptions.from_mapping(options.as_mapping()) == options


def test_the_default_stores_nothing():
    assert DEFAULT_OPTIONS.as_mapping() == {}
    assert ListOptions.from_mapping({}) == DEFAULT_OPTIONS


@pytest.mark.parametrize(
    "stored",
    [{"grouping": "by_colour"}, {"diversity": "much"}, {"diversity": 1.5}, {"department_cap": 0}, {"years_above": -1}],
)
def test_options_that_make_no_sense_are_refused(stored):
    with pytest.raises(RecommendationError):
        ListOptions.from_mapping(stored)


def test_by_default_lists_are_the_plain_ranking(mixed):
    assert np.array_equal(rank_lists(mixed, Weights(), 5).course_index, rank_all(mixed, Weights(), 5).course_index)


def test_apart_gives_courses_first_and_activities_after_them(mixed):
    apart = rank_lists(mixed, Weights(), 4, ListOptions(grouping=Grouping.APART))
    assert apart.course_index.shape == (20, 8)
    for kind, part, grouping in (
        (CourseKind.COURSE, slice(0, 4), Grouping.COURSES),
        (CourseKind.ACTIVITY, slice(4, 8), Grouping.ACTIVITIES),
    ):
        alone = rank_lists(mixed, Weights(), 4, ListOptions(grouping=grouping))
        assert np.array_equal(apart.course_index[:, part], alone.course_index)
        assert {kind} == {found for row in alone.course_index for found in kinds_of(mixed, row)}


def test_a_catalog_with_fewer_courses_than_places_leaves_places_empty(mixed):
    lists = rank_lists(mixed, Weights(), 40, ListOptions(grouping=Grouping.APART))
    assert lists.course_index.shape == (20, 80)
    assert lists.contributions.shape[:2] == (20, 80)
    assert (lists.course_index[:, 40:] >= 0).any()
    ranks = [it.rank for it in recommendations_of(mixed, lists, 0)]
    assert ranks == sorted(ranks)
    assert max(ranks) > 40


def test_a_population_of_one_kind_is_left_as_it_is(make_population):
    prepared = prepare(make_population(seed=2))
    assert eligible(prepared, DEFAULT_OPTIONS, frozenset({CourseKind.COURSE})) is prepared


@settings(max_examples=40, deadline=None)
@given(OPTIONS, st.integers(0, 19))
def test_one_students_list_is_the_same_alone_and_among_all(mixed, options, student):
    everyone = rank_lists(mixed, Weights(), 5, options)
    alone = rank_lists(with_students(mixed, [mixed.population.students[student]]), Weights(), 5, options)
    assert np.array_equal(everyone.course_index[student], alone.course_index[0])
    assert np.array_equal(everyone.score[student].astype(np.float32), alone.score[0].astype(np.float32))


@settings(max_examples=40, deadline=None)
@given(OPTIONS)
def test_caps_hold_in_each_part_and_contributions_add_up(mixed, options):
    lists = rank_lists(mixed, Weights(history=0.2), 5, options)
    assert np.allclose(lists.contributions.sum(axis=-1), lists.score, atol=1e-6)
    departments = mixed.population.course_department
    for row in lists.course_index.reshape(-1, 5):
        known = [departments[course] for course in row if course >= 0 and departments[course] >= 0]
        if options.department_cap is not None and known:
            assert np.bincount(known).max() <= options.department_cap


def test_no_list_holds_an_excluded_category_or_a_course_too_far_above(mixed):
    options = ListOptions(excluded_categories=("major",), years_above=0)
    population = mixed.population
    ranked = rank_lists(mixed, Weights(), 5, options)
    listed = [(student, course) for student, row in enumerate(ranked.course_index) for course in row if course >= 0]
    assert listed
    for student, course in listed:
        assert population.courses[course].category == "liberal"
        assert not course_year(population.courses[course]) > population.student_year[student]
    everything = rank_lists(mixed, Weights(), len(population.courses), options).course_index
    assert {course for row in everything for course in row if course >= 0} <= {
        index for index, is_offered in enumerate(options.offered(population.courses)) if is_offered
    }
