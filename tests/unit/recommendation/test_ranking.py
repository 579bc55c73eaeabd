"""The fast ranking against a slow one written from the definitions, and the promises made to staff."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RecommendationError
from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.diversity import Diversity
from core.recommendation.eligibility import Rules
from core.recommendation.history import HISTORY_SCALE, history_fit
from core.recommendation.population import build_population
from core.recommendation.ranking import prepare, rank_all, with_students
from core.records import Course, Student

SEEDS = st.integers(0, 10_000)
WEIGHTS = st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]), min_size=6, max_size=6).filter(any)
relaxed = settings(max_examples=25, deadline=None)


def weights_of(values):
    return Weights.from_mapping(dict(zip(SIGNALS, values, strict=True)))


def slow_score(prepared, weights, student, course):
    """The score by its definition, one signal at a time; None when nothing is known."""
    population, signals = prepared.population, prepared.signals
    department, year = population.student_department[student], population.student_year[student]
    interests = [i for i in population.student_interests[student] if i >= 0]
    fits = [float(signals.interest[i, course]) for i in interests]
    history = float(history_fit(signals, population.taken)[student, course]) / HISTORY_SCALE
    if not len(population.taken.of(student)) or np.isnan(signals.centred_courses[course]).any():
        history = math.nan
    if not np.isfinite(signals.centred_courses[population.taken.of(student)]).all(axis=1).any():
        history = math.nan
    values = {
        "department": float(signals.department[department, course]) if department >= 0 else math.nan,
        "interest": 0.75 * max(fits) + 0.25 * sum(fits) / len(fits) if fits else math.nan,
        "history": history,
        "level": math.nan if math.isnan(year) else float(signals.level[int(year) - 1, course]),
        "popularity": float(signals.popularity[course]),
        "novelty": float(signals.novelty[course]),
    }
    known = {name: value for name, value in values.items() if not math.isnan(value)}
    total = sum(weights.as_mapping()[name] for name in known)
    if not total:
        return None
    return sum(weights.as_mapping()[name] * value for name, value in known.items()) / total


@relaxed
@given(SEEDS, WEIGHTS)
def test_lists_are_those_of_the_definition(make_population, seed, values):
    weights = weights_of(values)
    prepared = prepare(make_population(seed=seed))
    ranked = rank_all(prepared, weights, top_k=5, chunk=7)
    excluded = prepared.exclusions.block(0, len(prepared.population.students))
    for student in range(len(excluded)):
        scores = {c: slow_score(prepared, weights, student, c) for c in np.flatnonzero(~excluded[student])}
        expected = sorted((score for score in scores.values() if score is not None), reverse=True)[:5]
        listed = [c for c in ranked.course_index[student] if c >= 0]
        assert ranked.score[student, : len(listed)] == pytest.approx(expected, abs=1e-6)
        assert [scores[c] for c in listed] == pytest.approx(expected, abs=1e-6)


@relaxed
@given(SEEDS, WEIGHTS)
def test_contributions_sum_to_the_score_and_weights_to_one(make_population, seed, values):
    ranked = rank_all(prepare(make_population(seed=seed)), weights_of(values), top_k=6)
    filled = ranked.course_index >= 0
    np.testing.assert_allclose(ranked.contributions.sum(axis=-1), ranked.score, atol=1e-6)
    np.testing.assert_allclose(ranked.effective_weights.sum(axis=-1), filled.astype(float), atol=1e-12)
    assert (ranked.score >= 0).all() and (ranked.score <= 1 + 1e-12).all()
    assert (np.diff(np.where(filled, ranked.score, -1), axis=1) <= 1e-9).all()


@relaxed
@given(SEEDS, WEIGHTS, st.sampled_from(SIGNALS), st.sampled_from([0.2, 1.0, 5.0]))
def test_raising_a_weight_never_lowers_the_rank_of_the_course_that_is_best_in_that_signal(
    make_population, seed, values, signal, more
):
    prepared = prepare(make_population(seed=seed, complete=True, students=3))
    weights = weights_of(values)
    raised = replace(weights, **{signal: getattr(weights, signal) + more})
    before, after = (rank_all(prepared, w, top_k=30) for w in (weights, raised))
    only = rank_all(prepared, Weights.from_mapping({signal: 1}), top_k=30)
    for student in range(3):
        best = only.course_index[student, 0]
        place_before = int(np.flatnonzero(before.course_index[student] == best)[0])
        place_after = int(np.flatnonzero(after.course_index[student] == best)[0])
        assert place_after <= place_before


@relaxed
@given(SEEDS, WEIGHTS, SEEDS)
def test_permuting_students_permutes_lists(records, seed, values, other):
    courses, students, *vectors = records(seed=seed)
    order = np.random.default_rng(other).permutation(len(students))
    plain = rank_all(prepare(build_population(courses, students, *vectors)), weights_of(values))
    moved = rank_all(prepare(build_population(courses, [students[i] for i in order], *vectors)), weights_of(values))
    # a matrix product may round a row differently at another place, so a history byte may round the other way
    step = 1 / HISTORY_SCALE if values[SIGNALS.index("history")] else 0
    np.testing.assert_allclose(moved.score, plain.score[order], atol=step + 1e-9)
    if not step:
        np.testing.assert_array_equal(moved.course_index, plain.course_index[order])
        np.testing.assert_array_equal(moved.contributions, plain.contributions[order])


@relaxed
@given(SEEDS, SEEDS)
def test_permuting_courses_changes_no_score(records, seed, other):
    courses, students, *vectors = records(seed=seed)
    order = np.random.default_rng(other).permutation(len(courses))
    weights = Weights(0.4, 0.3, 0.1, 0.1, 0.05, 0.05)
    plain = rank_all(prepare(build_population(courses, students, *vectors)), weights)
    moved = rank_all(prepare(build_population([courses[i] for i in order], students, *vectors)), weights)
    # means over courses add in another order, so a history byte may round the other way
    np.testing.assert_allclose(moved.score, plain.score, atol=0.1 / HISTORY_SCALE + 1e-5)


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_chunks_change_nothing(make_population, chunk):
    prepared, weights = prepare(make_population(seed=4, students=40)), Weights(0.3, 0.3, 0.2, 0.1, 0.05, 0.05)
    for diversity in (Diversity(), Diversity(0.4), Diversity(0, 1), Diversity(0.4, 2)):
        whole = rank_all(prepared, weights, diversity=diversity)
        parts = rank_all(prepared, weights, diversity=diversity, chunk=chunk)
        np.testing.assert_array_equal(whole.course_index, parts.course_index)


def test_equal_scores_stand_in_the_order_of_the_courses():
    courses = [Course(f"c{i}", f"t{i}", department="Art" if i % 2 else "Law") for i in range(40)]
    population = build_population(courses, [Student("s", "Art")], {}, {}, {})
    ranked = rank_all(prepare(population), Weights(), top_k=22)
    assert ranked.course_index[0].tolist() == [*range(1, 40, 2), 0, 2]


def test_a_list_is_short_when_courses_run_out():
    courses = [Course("a", "a", department="Art"), Course("b", "b", department="Art")]
    population = build_population(courses, [Student("s", "Art", taken_course_keys=("a",))], {}, {}, {})
    ranked = rank_all(prepare(population), Weights(), top_k=10)
    assert ranked.course_index.tolist() == [[1, -1]]
    assert ranked.score[0, 1] == 0
    assert ranked.effective_weights[0, 1].sum() == 0


def test_nobody_known_gets_an_empty_list():
    population = build_population([Course("a", "a", department="Art")], [Student("s")], {}, {}, {})
    assert rank_all(prepare(population), Weights()).course_index.tolist() == [[-1]]


def test_no_students_give_no_lists(records):
    courses, _, *vectors = records()
    ranked = rank_all(prepare(build_population(courses, [], *vectors)), Weights())
    assert ranked.course_index.shape == (0, 10)


def test_a_list_needs_a_place(make_population):
    with pytest.raises(RecommendationError):
        rank_all(prepare(make_population()), Weights(), top_k=0)


def test_one_student_alone_gets_the_same_list_as_among_all(make_population):
    prepared, weights = prepare(make_population(seed=9)), Weights(0.3, 0.3, 0.2, 0.1, 0.05, 0.05)
    everyone = rank_all(prepared, weights)
    for index, student in enumerate(prepared.population.students):
        alone = rank_all(with_students(prepared, [student]), weights)
        np.testing.assert_array_equal(alone.course_index[0], everyone.course_index[index])


def test_rules_hold_in_every_list(make_population):
    prepared = prepare(make_population(seed=2), Rules(years_above=1))
    ranked = rank_all(prepared, Weights(), top_k=30)
    for student, row in enumerate(ranked.course_index):
        listed = row[row >= 0]
        assert not set(listed) & set(prepared.population.taken.of(student))
        assert all(prepared.population.courses[course].is_active for course in listed)


def test_a_cap_bounds_each_department_and_leaves_the_best_of_it(make_population):
    prepared = prepare(make_population(seed=5, complete=True))
    plain, capped = (rank_all(prepared, Weights(), 8, d) for d in (Diversity(), Diversity(0, 2)))
    for before, after in zip(plain.course_index, capped.course_index, strict=True):
        departments = prepared.population.course_department[after]
        assert np.bincount(departments).max() <= 2
        assert after[0] == before[0]
        assert len(set(after)) == len(after) == 8


def test_variety_makes_lists_more_varied_and_costs_score(make_population):
    from core.recommendation.tuning import measure_lists

    prepared = prepare(make_population(seed=6, courses=80, complete=True))
    plain, varied = (rank_all(prepared, Weights(), 5, d) for d in (Diversity(), Diversity(0.5)))
    assert measure_lists(prepared, varied).diversity > measure_lists(prepared, plain).diversity + 0.05
    assert varied.score.sum() < plain.score.sum()
    assert (varied.course_index[:, 0] == plain.course_index[:, 0]).all()


def test_variety_with_a_cap_fills_the_list_when_the_catalog_can(make_population):
    prepared = prepare(make_population(seed=7, courses=60, departments=10, complete=True))
    lists = rank_all(prepared, Weights(), 10, Diversity(0.3, 1)).course_index
    for row in lists:
        assert len(set(prepared.population.course_department[row])) == 10


@pytest.mark.parametrize("values", [(-0.1, None), (1.1, None), (0.5, 0)])
def test_senseless_variety_is_refused(values):
    with pytest.raises(RecommendationError):
        Diversity(*values)
