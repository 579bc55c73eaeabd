import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.ranking import (
    bootstrap_mean,
    compare_paired,
    find_hits,
    measure_ranking,
    ndcg_at_k,
    recall_at_k,
    reciprocal_rank,
)


def test_hits_never_match_empty_places():
    hits, relevant = find_hits(np.array([[4, 2, -1], [1, 0, 3]], np.int32), [(2,), (3, 7)])
    assert hits.tolist() == [[False, True, False], [False, False, True]]
    assert relevant.tolist() == [1, 2]


def test_metrics_by_hand():
    hits = np.array([[False, True, False], [True, False, True], [False, False, False]])
    relevant = np.array([1, 4, 1], np.int32)
    assert recall_at_k(hits, relevant).tolist() == [1, 0.5, 0]
    assert reciprocal_rank(hits).tolist() == [0.5, 1, 0]
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    expected = [1 / math.log2(3), (1 + 1 / math.log2(4)) / ideal, 0]
    assert ndcg_at_k(hits, relevant) == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_ndcg_agrees_with_scikit_learn(seed):
    from sklearn.metrics import ndcg_score

    generator = np.random.default_rng(seed)
    courses, depth = 12, 5
    relevant = generator.random(courses) < 0.3
    relevant[generator.integers(courses)] = True
    score = generator.permutation(courses).astype(float)  # no ties: scikit-learn averages over them
    ranked = np.argsort(-score)[:depth]
    found = ndcg_at_k(relevant[ranked][None, :], np.array([relevant.sum()], np.int32))[0]
    assert found == pytest.approx(ndcg_score(relevant[None, :].astype(float), score[None, :], k=depth))


def test_interval_holds_the_mean_and_narrows_with_more_values():
    generator = np.random.default_rng(0)
    few, many = generator.random(20), generator.random(2000)
    small, large = bootstrap_mean(few), bootstrap_mean(many)
    assert small.low < small.mean < small.high
    assert large.high - large.low < small.high - small.low
    assert large.high - large.low == pytest.approx(2 * 1.96 * many.std() / math.sqrt(2000), rel=0.15)
    assert bootstrap_mean(few) == small  # the same seed gives the same interval


def test_no_values_have_no_interval():
    interval = bootstrap_mean(np.empty(0))
    assert math.isnan(interval.mean)
    assert interval.count == 0


@pytest.mark.parametrize(("shift", "verdict"), [(0.2, "better"), (-0.2, "worse"), (0.0, "no_difference")])
def test_paired_comparison_says_what_the_interval_says(shift, verdict):
    noise = np.random.default_rng(3).normal(0, 0.1, 200)
    noise -= noise.mean()
    old = np.full(200, 0.5)
    assert compare_paired(old + noise + shift, old).verdict == verdict


def test_measures_of_perfect_lists_are_one():
    metrics = measure_ranking(np.array([[1, 2], [5, 4]], np.int32), [(1,), (5,)])
    assert (metrics.ndcg.mean, metrics.recall.mean, metrics.reciprocal_rank.mean) == (1, 1, 1)
