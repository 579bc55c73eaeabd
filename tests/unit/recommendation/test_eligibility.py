import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.i18n import Translator
from core.recommendation.eligibility import Rules, add_exclusions, broken_rule, build_exclusions
from core.recommendation.population import build_population
from core.recommendation.prerequisites import AllOf, AnyOf, Code, UnreadableError, holds, parse, same_code
from core.records import Course, CourseKind, Student


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MATH 1010 (min C-)", Code("MATH1010")),
        ("A 1 and B 2", AllOf((Code("A1"), Code("B2")))),
        ("A 1 or B 2 and C 3", AnyOf((Code("A1"), AllOf((Code("B2"), Code("C3")))))),
        ("A1 (min C-) and (B2 or C3 (min TR))", AllOf((Code("A1"), AnyOf((Code("B2"), Code("C3")))))),
        ("((A1))", Code("A1")),
        ("컴공 101 및 (수학 201 또는 HS2732)", AllOf((Code("컴공101"), AnyOf((Code("수학201"), Code("HS2732")))))),
        ("csci-1100 OR csci_1200", AnyOf((Code("CSCI1100"), Code("CSCI1200")))),
    ],
)
def test_expressions_are_parsed_by_precedence(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "MATH 101, MATH 102",  # all of them or any of them? not guessed
        "A1 and",
        "(A1",
        "A1)",
        "A1 B2",
        "or",
        "Permission of instructor",
        "A1 (with a grade)",
        "",
        "(" * 5000 + "A1" + ")" * 5000,
        "A1; B2",
        pytest.param(" and ".join(["AB 100"] * 1000), id="endless"),
    ],
)
def test_other_texts_are_refused_not_guessed(text):
    with pytest.raises(UnreadableError):
        parse(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text):
    with contextlib.suppress(UnreadableError):
        assert isinstance(parse(text), Code | AllOf | AnyOf)


def _render(expression):
    if isinstance(expression, Code):
        return f"{expression.code} (min D)"
    word = " and " if isinstance(expression, AllOf) else " or "
    return "(" + word.join(_render(part) for part in expression.parts) + ")"


def _truth(expression, taken):
    if isinstance(expression, Code):
        return expression.code in taken
    results = [_truth(part, taken) for part in expression.parts]
    return all(results) if isinstance(expression, AllOf) else any(results)


CODES = [f"AB{i}00" for i in range(1, 5)]
EXPRESSIONS = st.recursive(
    st.sampled_from(CODES).map(Code),
    lambda inner: st.builds(
        lambda kind, parts: kind(tuple(parts)), st.sampled_from([AllOf, AnyOf]), st.lists(inner, min_size=2, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(EXPRESSIONS, st.sets(st.sampled_from(CODES)))
def test_written_expressions_mean_what_they_say(expression, taken):
    found = holds(parse(_render(expression)), lambda code: np.array([code in taken]), 1)
    assert bool(found[0]) == _truth(expression, taken)


def test_codes_are_compared_by_letters_and_digits():
    assert same_code("csci-1100") == same_code("CSCI 1100") == "CSCI1100"


@pytest.fixture
def population():
    courses = [
        Course("basic", "Basics", code="AB-1100"),
        Course("next", "Next", code="AB-2100", prerequisites="AB 1100 (min C)"),
        Course("either", "Either", code="AB-3100", prerequisites="AB 2100 or ZZ 9999"),
        Course("odd", "Odd", code="AB-4100", prerequisites="see the dean"),
        Course("club", "Club", kind=CourseKind.ACTIVITY, category="sport"),
        Course("closed", "Closed", is_active=False),
    ]
    students = [
        Student("fresh", year=1),
        Student("second", year=2, taken_course_keys=("basic",)),
        Student("other", year=2, taken_course_keys=("odd",)),
        Student("unknown"),
    ]
    return build_population(courses, students, {}, {}, {})


def excluded_titles(population, rules, student):
    row = build_exclusions(population, rules).block(student, student + 1)[0]
    return {course.title for course, out in zip(population.courses, row, strict=True) if out}


def test_prerequisites_count_for_students_with_history_only(population):
    assert excluded_titles(population, Rules(), 0) == {"Closed"}
    assert excluded_titles(population, Rules(), 1) == {"Basics", "Closed"}
    assert excluded_titles(population, Rules(), 2) == {"Odd", "Next", "Closed"}  # an unknown code counts as taken
    assert excluded_titles(population, Rules(prerequisites=False), 2) == {"Odd", "Closed"}


def test_unreadable_prerequisites_are_ignored_and_named(population):
    exclusions = build_exclusions(population, Rules())
    assert [population.courses[i].title for i in exclusions.unreadable_prerequisites] == ["Odd"]


def test_kind_category_and_year_rules(population):
    assert "Club" in excluded_titles(population, Rules(kinds=frozenset({CourseKind.COURSE})), 0)
    no_sport = excluded_titles(population, Rules(excluded_categories=frozenset({"sport"})), 0)
    assert no_sport == {"Club", "Closed"}
    assert excluded_titles(population, Rules(years_above=1), 0) == {"Either", "Odd", "Closed"}
    assert excluded_titles(population, Rules(years_above=1), 3) == {"Closed"}  # year unknown: no rule


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(years_above=0),
        Rules(kinds=frozenset({CourseKind.ACTIVITY})),
        Rules(excluded_categories=frozenset({"sport", ""})),
    ],
)
def test_every_exclusion_has_its_sentence_and_nothing_else_has(population, rules):
    block = build_exclusions(population, rules).block(0, len(population.students))
    for student in range(len(population.students)):
        for course in range(len(population.courses)):
            message = broken_rule(population, rules, student, course)
            assert (message is not None) == block[student, course]
            if message is not None:
                assert Translator("ko").message(message) != Translator("en").message(message)


def test_many_students_are_packed_in_blocks():
    courses = [Course(f"c{i}", f"c{i}") for i in range(11)]
    students = [Student(f"s{i}", taken_course_keys=(f"c{i % 11}",)) for i in range(5000)]
    exclusions = build_exclusions(build_population(courses, students, {}, {}, {}), Rules())
    block = exclusions.block(0, 5000)
    assert (block.argmax(axis=1) == np.arange(5000) % 11).all()
    assert (block.sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    "rules",
    [
        Rules(kinds=frozenset({CourseKind.COURSE})),
        Rules(excluded_categories=frozenset({"sport"}), years_above=1),
        Rules(years_above=0),
    ],
)
def test_rules_added_later_exclude_what_they_exclude_from_the_beginning(population, rules):
    added = add_exclusions(build_exclusions(population), population, rules)
    made = build_exclusions(population, rules)
    assert np.array_equal(added.packed, made.packed)
    assert added.rules == made.rules
