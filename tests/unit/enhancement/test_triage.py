from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enhancement.triage import TriageThresholds, script_language, text_length, triage
from core.i18n import LANGUAGES, Translator
from core.records import Course, DescriptionStatus

ENGLISH = "Vectors, matrices and systems of linear equations. " * 3
KOREAN = "벡터와 행렬, 연립일차방정식의 해법을 배우고 선형변환과 고유값의 뜻을 살펴보며 여러 분야에 응용해 본다."


def course(title: str, description: str, **fields: str) -> Course:
    return Course("c1", title, description=description, **fields)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "-",
        ".",
        "…",
        "TBA",
        "t.b.a.",
        "N/A",
        "None",
        "x",
        "12",
        "없음",
        "추후 공지",
        "해당 없음",
        "준비중",
        "상동",
        "(미정)",
    ],
)
def test_a_text_that_says_there_is_none_is_missing(text: str) -> None:
    assert triage(course("Linear Algebra", text)).status is DescriptionStatus.MISSING


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Linear Algebra", "Linear Algebra"),
        ("Linear Algebra", "LINEAR ALGEBRA."),
        ("Linear Algebra", "A course on linear algebra."),
        ("Linear Algebra", "This course is an introduction to Linear Algebra"),
        ("선형대수", "선형대수"),
        ("선형대수", "선형대수 강의"),
        ("선형 대수", "선형대수에 대한 과목입니다."),
        ("선형대수", "선형대수를 배웁니다."),
        ("한국사의 이해", "한국사 교과목입니다"),
    ],
)
def test_the_title_with_filler_words_copies_the_title(title: str, text: str) -> None:
    assert triage(course(title, text)).status is DescriptionStatus.COPIES_TITLE


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Linear Algebra", "Vectors and matrices."),
        ("Topics in Music", "Individual projects in composition."),
        ("선형대수", "벡터와 행렬을 배운다."),
        ("물리학", "물리학의 역사를 실험과 함께 살펴본다."),
    ],
)
def test_a_short_text_of_its_own_is_too_short(title: str, text: str) -> None:
    assert triage(course(title, text)).status is DescriptionStatus.TOO_SHORT


@pytest.mark.parametrize("text", [ENGLISH, KOREAN])
def test_a_text_of_two_sentences_is_sufficient(text: str) -> None:
    assert triage(course("선형대수", text)).status is DescriptionStatus.SUFFICIENT


def test_the_threshold_decides_and_stands_in_the_reason() -> None:
    text = "one two three four five six seven"
    strict, mild = TriageThresholds(english_words=8), TriageThresholds(english_words=7)
    assert triage(course("Counting", text), strict).status is DescriptionStatus.TOO_SHORT
    verdict = triage(course("Counting", text), mild)
    assert verdict.status is DescriptionStatus.SUFFICIENT
    assert verdict.reason.params == {"length": 7, "minimum": 7}


def test_length_is_counted_in_the_unit_of_the_language() -> None:
    assert text_length("Well-known facts, 3 of them.", "en") == 5
    assert text_length("벡터와 행렬, 2차 형식.", "ko") == 9
    assert script_language("벡터 (vector)를 다룬다") == "ko"
    assert script_language("A course taught in Seoul (서울)") == "en"


def test_thresholds_survive_storing() -> None:
    thresholds = TriageThresholds(korean_characters=55, english_words=12)
    assert TriageThresholds.from_mapping(thresholds.as_dict()) == thresholds


@given(st.text(max_size=200), st.text(min_size=1, max_size=60))
def test_every_text_gets_a_verdict_with_a_reason_in_both_languages(text: str, title: str) -> None:
    verdict = triage(course(title, text))
    for language in LANGUAGES:
        assert Translator(language).message(verdict.reason)
