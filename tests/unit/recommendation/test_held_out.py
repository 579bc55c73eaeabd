from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RecommendationError
from core.recommendation.blend import Weights
from core.recommendation.held_out import (
    HeldOut,
    can_hold_newest_out,
    can_hold_one_out,
    hold_newest_out,
    hold_one_out,
    measure_held_out,
)
from core.recommendation.population import build_population
from core.recommendation.ranking import PreparedPopulation, prepare
from core.recommendation.tuning import sweep
from core.records import Course, Student

DAYS = ("2024-03-01", "2024-09-01", "2025-03-01", "")


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
    assert not can_hold_one_out(prepared)
    with pytest.raises(RecommendationError):
        hold_one_out(prepared)


def dated(histories: list[dict[int, str]], courses: int = 6) -> PreparedPopulation:
    """Students by their histories: course number -> date; the last course of the catalog is not offered any more."""
    catalog = [Course(f"c{i}", f"c{i}", department="d", is_active=i < courses - 1) for i in range(courses)]
    students = [
        Student(f"s{i}", "d", None, (), tuple(f"c{c}" for c in taken), tuple(taken.values()))
        for i, taken in enumerate(histories)
    ]
    return prepare(build_population(catalog, students, {}, {}, {}))


def test_everything_since_the_date_is_held_out_and_nothing_else() -> None:
    early, late = "2024-03-01", "2025-03-01"
    held = hold_newest_out(dated([{0: early, 1: late, 2: late}, {0: early}, {3: late}, {4: "", 5: late}]))
    assert held.since == late
    assert held.courses == ((1, 2), (3,))  # of the second nothing is new, of the fourth only what is not offered
    population = held.prepared.population
    assert [list(population.taken.of(row)) for row in range(2)] == [[0], []]
    assert held.prepared.signals.popularity[0] == 1  # two took it before the date
    assert not held.prepared.signals.popularity[[1, 2, 3]].any()  # known only later


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dictionaries(st.integers(0, 5), st.sampled_from(DAYS), max_size=4), min_size=1, max_size=8),
    st.sampled_from((0.1, 0.2, 0.5, 0.9)),
)
def test_no_list_knows_what_comes_after_the_date(histories: list[dict[int, str]], share: float) -> None:
    known = {day for taken in histories for day in taken.values() if day}
    prepared = dated(histories)
    to_find = {day for taken in histories for c, day in taken.items() if c < 5 and day > min(known, default="")}
    assert can_hold_newest_out(prepared) == bool(to_find)
    if not to_find:
        with pytest.raises(RecommendationError):
            hold_newest_out(prepared, share)
        return
    held: HeldOut = hold_newest_out(prepared, share)
    assert held.since in known - {min(known)}
    wanted = [{c for c, day in taken.items() if day >= held.since and c < 5} for taken in histories]
    assert [set(each) for each in held.courses] == [each for each in wanted if each] != []
    kept = [{c for c, day in taken.items() if day < held.since} for taken in histories]
    rows = [each for each, new in zip(kept, wanted, strict=True) if new]
    assert [set(held.prepared.population.taken.of(row)) for row in range(len(rows))] == rows


def test_what_a_rule_keeps_out_is_counted() -> None:
    catalog = [
        Course("c0", "c0", code="AB 100", department="d"),
        Course("c1", "c1", code="AB 200", department="d", prerequisites="AB 300"),
        Course("c2", "c2", code="AB 300", department="d"),
    ]
    taken, days = ("c0", "c1", "c2"), ("2024-03-01", "2025-03-01", "2025-03-01")
    student = Student("s", "d", taken_course_keys=taken, taken_on=days)
    held = hold_newest_out(prepare(build_population(catalog, [student], {}, {}, {})))
    assert held.courses == ((1, 2),)
    assert held.out_of_reach() == 0.5
