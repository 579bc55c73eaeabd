import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RecommendationError
from core.recommendation.calibration import calibrate_rows
from core.recommendation.history import HISTORY_SCALE, history_fit
from core.recommendation.levels import YEARS, course_year, level_fit
from core.recommendation.population import build_population, replace_students
from core.recommendation.signals import build_signals
from core.records import Course, Student


def vector(*values):
    array = np.array(values, np.float32)
    return array / np.linalg.norm(array)


def test_typical_course_is_zero_and_nearest_is_one():
    raw = np.array([[0.80, 0.81, 0.82, 0.86, 0.90]], np.float32)
    calibrated = calibrate_rows(raw, np.ones(5, bool))
    assert calibrated[0] == pytest.approx([0, 0, 0, 0.5, 1], abs=1e-5)


def test_interest_that_no_course_serves_gets_no_full_score():
    served = [0.80, 0.80, 0.80, 0.80, 0.90]
    unserved = [0.80, 0.80, 0.80, 0.80, 0.81]
    calibrated = calibrate_rows(np.array([served, served, unserved], np.float32), np.ones(5, bool))
    assert calibrated[0, 4] == pytest.approx(1)
    assert calibrated[2, 4] == pytest.approx(0.1, abs=1e-4)


def test_courses_that_are_not_on_offer_are_no_anchors():
    raw = np.array([[0.1, 0.2, 0.3, 0.9]], np.float32)
    calibrated = calibrate_rows(raw, np.array([True, True, True, False]))
    assert calibrated[0] == pytest.approx([0, 0, 1, 1])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 10), st.floats(-1, 1))
def test_calibration_ignores_where_a_models_cosines_crowd_and_keeps_the_order(seed, scale, shift):
    raw = np.random.default_rng(seed).random((3, 9)).astype(np.float32)
    plain = calibrate_rows(raw, np.ones(9, bool))
    moved = calibrate_rows((raw * scale + shift).astype(np.float32), np.ones(9, bool))
    np.testing.assert_allclose(moved, plain, atol=2e-3)
    assert ((plain >= 0) & (plain <= 1)).all()
    for row, values in zip(raw, plain, strict=True):
        assert (np.diff(values[np.argsort(row)]) >= 0).all()


def test_missing_cells_stay_missing():
    raw = np.array([[0.1, math.nan, 0.5], [math.nan] * 3], np.float32)
    calibrated = calibrate_rows(raw, np.ones(3, bool))
    assert np.isnan(calibrated).tolist() == [[False, True, False], [True, True, True]]


def test_all_alike_is_zero_not_an_error():
    assert calibrate_rows(np.full((2, 3), 0.8, np.float32), np.ones(3, bool)).tolist() == [[0, 0, 0], [0, 0, 0]]


def department_case():
    courses = [
        Course("law", "Law", department="Law"),
        Course("rights", "Rights", department="Law"),
        Course("ethics", "Ethics", department="Philosophy"),
        Course("logic", "Logic", department="Philosophy"),
        Course("organic", "Organic", department="Chemistry"),
        Course("lab", "Lab", department="Chemistry"),
    ]
    vectors = {
        "law": vector(1, 0.1, 0),
        "rights": vector(1, 0.2, 0),
        "ethics": vector(0.8, 0.8, 0),  # near to law
        "logic": vector(0, 1, 0.1),
        "organic": vector(0, 0, 1),
        "lab": vector(0, 0.1, 1),
    }
    return courses, vectors


def test_department_fit_is_one_at_home_and_falls_with_distance():
    courses, vectors = department_case()
    population = build_population(courses, [Student("s", "law ")], vectors, {}, {})
    fit = build_signals(population).department[population.departments.index("Law")]
    assert fit[:2].tolist() == [1, 1]
    assert 0 < fit[2] < 1
    assert fit[2] > fit[3] >= fit[4]


def test_course_without_text_counts_as_its_departments_typical_course():
    courses, vectors = department_case()
    courses.append(Course("untold", "?", department="Philosophy"))
    population = build_population(courses, [], vectors, {}, {})
    fit = build_signals(population).department[population.departments.index("Law")]
    assert min(fit[2], fit[3]) <= fit[6] <= max(fit[2], fit[3])


def test_without_vectors_department_fit_is_the_department_alone():
    courses, _ = department_case()
    population = build_population([*courses, Course("x", "x")], [Student("s", "Law")], {}, {}, {})
    fit = build_signals(population).department[population.departments.index("Law")]
    assert fit[:6].tolist() == [1, 1, 0, 0, 0, 0]
    assert math.isnan(fit[6])  # neither text nor department: nothing is known


def test_department_without_courses_is_its_name_or_missing():
    courses, vectors = department_case()
    students = [Student("s", "Ethics of Law"), Student("t", "Alchemy")]
    names = {"Ethics of Law": vector(1, 0.5, 0)}
    population = build_population(courses, students, vectors, names, {})
    table = build_signals(population).department
    named = table[population.departments.index("Ethics of Law")]
    assert named.argmax() in (0, 1, 2)
    assert np.isnan(table[population.departments.index("Alchemy")]).all()


def test_missing_is_a_whole_row_or_column_in_every_table(make_population):
    for seed in range(10):
        signals = build_signals(make_population(seed=seed))
        for table in (signals.department, signals.interest, signals.level):
            known = np.isfinite(table)
            assert (known == known.any(axis=1)[:, None] & known.any(axis=0)[None, :]).all()


def test_interest_brings_its_course_to_the_top():
    courses, vectors = department_case()
    population = build_population(
        courses, [Student("s", interests=("chemistry",))], vectors, {}, {"chemistry": vector(0, 0, 1)}
    )
    fit = build_signals(population).interest[0]
    assert fit.argmax() in (4, 5)
    assert fit.max() == 1


def test_history_is_near_to_what_was_taken():
    courses, vectors = department_case()
    students = [
        Student("s", taken_course_keys=("organic",)),
        Student("none"),
        Student("gone", taken_course_keys=("?",)),
    ]
    population = build_population(courses, students, vectors, {}, {})
    fit = history_fit(build_signals(population), population.taken)
    assert fit[0, 4] == HISTORY_SCALE
    assert fit[0, 5] > fit[0, 2]
    assert not fit[1:].any()


def test_popularity_is_logarithmic_and_novelty_its_complement():
    courses = [Course(key, key) for key in "abc"]
    students = [Student(str(i), taken_course_keys=("a", "b") if i == 0 else ("a",)) for i in range(7)]
    signals = build_signals(build_population(courses, students, {}, {}, {}))
    assert signals.popularity == pytest.approx([1, math.log(2) / math.log(8), 0])
    assert signals.novelty == pytest.approx(1 - signals.popularity)


def test_without_any_history_popularity_is_missing_not_zero():
    signals = build_signals(build_population([Course("a", "a")], [Student("s")], {}, {}, {}))
    assert np.isnan(signals.popularity).all()
    assert np.isnan(signals.novelty).all()


@pytest.mark.parametrize(
    ("level", "code", "year"),
    [
        ("", "CSCI-4200", 4),
        ("", "HS2732", 2),
        ("", "CSCI 6100", 5),
        ("3학년", "", 3),
        ("300", "", 3),
        ("2", "X-9000", 2),
        ("1000-level", "", 1),
        ("Graduate", "CS101", 5),
        ("대학원", "", 5),
        ("Undergraduate", "CS101", 1),
        ("학부 2학년", "", 2),
        ("", "AB12", math.nan),
        ("", "033.014", math.nan),
        ("2024", "", 2),
        ("", "", math.nan),
    ],
)
def test_year_of_a_course(level, code, year):
    assert course_year(Course("k", "t", code=code, level=level)) == pytest.approx(year, nan_ok=True)


def test_harder_is_a_greater_misfit_than_easier():
    fit = level_fit(np.array([1, 2, 3, math.nan], np.float32))
    second_year = fit[list(YEARS).index(2)]
    assert second_year[:3].tolist() == [0.75, 1, 0.5]
    assert math.isnan(second_year[3])


def test_vectors_of_different_models_are_refused():
    with pytest.raises(RecommendationError):
        build_population([Course("a", "a")], [], {"a": vector(1, 0)}, {"d": vector(1, 0, 0)}, {})
    with pytest.raises(RecommendationError):
        build_population([], [], {}, {}, {})


def test_names_are_compared_without_case_and_spaces():
    courses = [Course("a", "a", department="Computer  Science")]
    students = [Student("s", "computer science ", interests=("AI", "ai", "unknown"))]
    population = build_population(courses, students, {}, {}, {"ai": vector(1, 0)})
    assert population.departments == ("Computer  Science",)
    assert population.student_department.tolist() == [0]
    row = population.student_interests[0]
    assert [population.interests[i] for i in row[row >= 0]] == ["AI"]  # once; what has no vector is left out


def test_unknown_keys_in_a_history_are_left_out():
    population = build_population([Course("a", "a"), Course("b", "b")], [], {}, {}, {})
    changed = replace_students(population, [Student("s", taken_course_keys=("b", "zz", "b")), Student("t")])
    assert changed.taken.of(0).tolist() == [1]
    assert changed.taken.of(1).tolist() == []


def test_an_interest_finds_its_course_in_the_other_language():
    """Vectors as e5 makes them: a large part says the language, a small one the topic."""
    generator = np.random.default_rng(0)
    topics = np.eye(80, dtype=np.float32)
    korean_part, english_part = 0.2 * generator.normal(size=(2, 80)).astype(np.float32)
    courses, vectors, interests = [], {}, {}
    for topic in range(80):
        korean, part = topic % 2 == 0, korean_part if topic % 2 == 0 else english_part
        courses.append(Course(f"c{topic}", f"과목 {topic}" if korean else f"Course {topic}"))
        vectors[f"c{topic}"] = vector(*(topics[topic] + part))
        interests[f"관심 {topic}"] = vector(*(topics[topic] + korean_part))
        interests[f"interest {topic}"] = vector(*(topics[topic] + english_part))
    population = build_population(courses, [Student("s", interests=tuple(interests))], vectors, {}, interests)
    fit = build_signals(population).interest
    for place, name in enumerate(population.interests):
        assert fit[place].argmax() == int(name.split()[1])
