import pytest

from core.recommendation.blend import Weights
from core.recommendation.ranking import prepare, rank_all
from core.recommendation.tuning import LADDER, frontier, sweep, weight_grid


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
