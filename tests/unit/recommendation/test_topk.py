import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.recommendation.topk import best_courses, best_courses_capped

SCORES = arrays(
    np.float32, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=st.sampled_from([-2, 0, 0.5, 0.7, 1])
)


def slow_best(row, count, departments=None, cap=None):
    chosen, used = [], {}
    for column in sorted(range(len(row)), key=lambda column: (-row[column], column)):
        department = None if departments is None else int(departments[column])
        if row[column] < 0 or (department is not None and department >= 0 and used.get(department, 0) >= cap):
            continue
        used[department] = used.get(department, 0) + 1
        chosen.append(column)
    return (chosen + [-1] * count)[: min(count, len(row))]


@settings(max_examples=200, deadline=None)
@given(SCORES, st.integers(1, 6))
def test_best_columns_are_those_of_a_stable_sort(score, count):
    assert best_courses(score, count).tolist() == [slow_best(row, count) for row in score]


@settings(max_examples=200, deadline=None)
@given(SCORES, st.integers(1, 6), st.integers(1, 3), st.integers(0, 1000))
def test_capped_columns_are_those_of_a_sort_that_skips_full_departments(score, count, cap, seed):
    departments = np.random.default_rng(seed).integers(-1, 3, score.shape[1]).astype(np.int32)
    found = best_courses_capped(score, count, cap, departments)
    assert found.tolist() == [slow_best(row, count, departments, cap) for row in score]
