import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.population import (
    by_group,
    count_exposure,
    gini,
    list_diversities,
    measure_churn,
    measure_population,
    own_department_shares,
    rank_biased_overlap,
    tied_share,
)


def lists(*rows):
    return np.array(rows, np.int32)


def test_own_department_share_counts_filled_places_only():
    course_department = np.array([0, 0, 1, -1], np.int32)
    shares = own_department_shares(lists([0, 2], [2, -1], [3, 0], [-1, -1]), course_department, np.array([0, 1, -1, 0]))
    assert shares[0] == 0.5
    assert shares[1] == 1.0
    assert math.isnan(shares[2])  # department unknown: not 0
    assert math.isnan(shares[3])  # empty list


def test_exposure_and_coverage_by_hand():
    vectors = np.eye(4, dtype=np.float32)
    on_offer = np.array([True, True, True, False])
    metrics = measure_population(
        lists([0, 1], [0, -1]), on_offer, np.zeros(4, np.int32), np.zeros(2, np.int32), vectors
    )
    assert metrics.exposure.tolist() == [2, 1, 0, 0]
    assert metrics.coverage == pytest.approx(2 / 3)
    assert metrics.never_recommended.tolist() == [2]  # 3 is not on offer, so nobody misses it
    assert metrics.gini == pytest.approx(4 / 9)  # of 0, 1, 2
    assert metrics.diversity == pytest.approx(1.0)  # orthogonal courses; the single-course list has no pairs


@pytest.mark.parametrize(("amounts", "expected"), [([1, 1, 1], 0), ([0, 0, 1], 2 / 3), ([0, 0], 0), ([1, 3], 0.25)])
def test_gini_by_hand(amounts, expected):
    assert gini(amounts) == pytest.approx(expected)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_gini_equals_the_mean_absolute_difference(amounts):
    array = np.array(amounts, float)
    difference = np.abs(array[:, None] - array[None, :]).mean()
    assert gini(amounts) == pytest.approx(difference / (2 * array.mean()) if array.any() else 0)


def test_list_diversity_equals_the_pairs():
    generator = np.random.default_rng(1)
    vectors = generator.normal(size=(6, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[5] = np.nan
    found = list_diversities(lists([0, 1, 2], [3, 4, -1], [0, 5, -1]), vectors)
    cosine = vectors @ vectors.T
    assert found[0] == pytest.approx(1 - (cosine[0, 1] + cosine[0, 2] + cosine[1, 2]) / 3, abs=1e-6)
    assert found[1] == pytest.approx(1 - cosine[3, 4], abs=1e-6)
    assert math.isnan(found[2])  # one vector only


def test_churn_by_hand():
    old, new = lists([0, 1], [2, 3], [4, -1]), lists([1, 0], [2, 5], [4, -1])
    churn = measure_churn(old, new)
    assert churn.lists_changed == pytest.approx(1 / 3)  # another order is not another list
    assert churn.overlap == pytest.approx((1 + 0.5 + 1) / 3)
    assert churn.similarity < 1


def test_rank_biased_overlap_by_hand():
    persistence = 0.9
    found = rank_biased_overlap(lists([0, 1], [0, 1], [0, 1]), lists([0, 1], [1, 0], [2, 3]), persistence)
    assert found[0] == pytest.approx(1)
    assert found[1] == pytest.approx((1 - persistence) * (0 + persistence * 1) + persistence**2)
    assert found[2] == pytest.approx(0)


@given(st.permutations(range(8)), st.permutations(range(8)))
def test_rank_biased_overlap_is_symmetric_and_bounded(left, right):
    a, b = lists(left[:5]), lists(right[:5])
    assert rank_biased_overlap(a, b)[0] == pytest.approx(rank_biased_overlap(b, a)[0])
    assert -1e-12 <= rank_biased_overlap(a, b)[0] <= 1 + 1e-12
    assert rank_biased_overlap(a, a)[0] == pytest.approx(1)


def test_equal_short_and_empty_lists_are_no_churn():
    same = lists([3, -1, -1], [-1, -1, -1])
    churn = measure_churn(same, same)
    assert (churn.lists_changed, churn.overlap) == (0, 1)
    assert churn.similarity == pytest.approx(1)


def test_groups_ignore_unknown_values_and_unknown_groups():
    means = by_group(np.array([1.0, 3.0, math.nan, 8.0]), np.array([0, 0, 1, -1]), 2)
    assert means[0] == 2
    assert math.isnan(means[1])


def test_exposure_counts_no_empty_place():
    assert count_exposure(lists([-1, -1]), 3).tolist() == [0, 0, 0]


def test_tied_places_by_hand():
    lists = np.array([[0, 1, 2], [3, 4, -1], [5, -1, -1]], np.int32)
    scores = np.array([[0.9, 0.5, 0.5], [0.7, 0.7, 0.0], [0.0, 0.0, 0.0]])
    assert tied_share(lists, scores) == pytest.approx(4 / 6)  # empty places are never tied
    assert tied_share(np.full((2, 3), -1, np.int32), np.zeros((2, 3))) == 0


def test_equal_scores_that_variety_moved_apart_are_tied():
    assert tied_share(lists([0, 1, 2]), np.array([[0.9, 0.5, 0.9]])) == pytest.approx(2 / 3)
