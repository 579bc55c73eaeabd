import numpy as np
import pytest

from core.errors import RecommendationError
from core.recommendation.blend import Weights
from core.recommendation.population import build_population
from core.recommendation.ranking import prepare, rank_all
from core.recommendation.tuning import LADDER, frontier, hold_one_out, measure_held_out, sweep, weight_grid
from core.records import Course, Student


def test_ladder_is_the_reports():
    shares = [round(100 * weights.department) for weights in LADDER]
    assert shares == [100, 80, 70, 50, 30]
    assert all(weights.normalised.sum() == pytest.approx(1) for weights in LADDER)


def test_more_department_weight_means_more_own_department(make_population):
    prepared = prepare(make_population(seed=1, courses=60, students=40, complete=True))
    baseline = rank_all(prepared, Weights())
    points = sweep(prepared, baseline=baseline)
    shares = [point.metrics.own_department_share for point in points]
    fits = [point.interest_fit for point in points]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]
    assert fits == sorted(fits)
    assert points[2].churn.lists_changed == 0  # 70:30 is the baseline
    assert points[4].churn.lists_changed > 0


def test_held_out_course_is_forgotten_everywhere(make_population):
    prepared = prepare(make_population(seed=3, complete=True))
    held = hold_one_out(prepared, seed=1)
    assert len(held.courses) == len(held.prepared.population.students) == 20
    counts = np.bincount(prepared.population.taken.courses, minlength=30)
    kept = np.bincount(held.prepared.population.taken.courses, minlength=30)
    for student, (course,) in enumerate(held.courses):
        assert course not in held.prepared.population.taken.of(student)
        assert course in prepared.population.taken.of(student)
    assert (counts - kept).sum() == 20
    again = hold_one_out(prepared, seed=1)
    assert again.courses == held.courses


def test_history_that_predicts_is_measured_as_such():
    courses = [Course(f"c{i}", f"c{i}", department=f"d{i // 10}") for i in range(40)]
    generator = np.random.default_rng(0)
    students = []
    for index in range(60):
        home = index % 4
        taken = tuple(f"c{10 * home + j}" for j in generator.choice(10, 4, replace=False))
        students.append(Student(f"s{index}", f"d{home}", taken_course_keys=taken))
    prepared = prepare(build_population(courses, students, {}, {}, {}))
    held = hold_one_out(prepared)
    home, fame = (measure_held_out(held, weights, 7) for weights in (Weights(1, 0), Weights(0, 0, novelty=1)))
    assert home.recall.mean == 1  # the held-out course is one of the seven left of the own department
    assert home.ndcg.low > fame.ndcg.high
    points = sweep(prepared, [Weights(1, 0)], 7, held_out=held)
    assert points[0].quality == home.ndcg.mean


def test_without_history_nothing_can_be_held_out():
    prepared = prepare(build_population([Course("a", "a")], [Student("s", taken_course_keys=("a",))], {}, {}, {}))
    with pytest.raises(RecommendationError):
        hold_one_out(prepared)


def test_grid_has_every_combination_once():
    grid = weight_grid(("department", "interest", "history"), steps=4)
    assert len(grid) == len(set(grid)) == 15
    assert all(weights.department + weights.interest + weights.history == pytest.approx(1) for weights in grid)


def test_frontier_keeps_what_nothing_beats_in_both(make_population):
    prepared = prepare(make_population(seed=8, courses=80, students=50, complete=True))
    points = sweep(prepared, weight_grid(("department", "interest", "novelty"), steps=4), top_k=5)
    best = frontier(points)
    assert 1 <= len(best) < len(points)
    for point in points:
        assert any(kept.quality >= point.quality and kept.metrics.coverage >= point.metrics.coverage for kept in best)
    for kept in best:
        assert not any(
            p.quality >= kept.quality
            and p.metrics.coverage >= kept.metrics.coverage
            and (p.quality > kept.quality or p.metrics.coverage > kept.metrics.coverage)
            for p in points
        )
