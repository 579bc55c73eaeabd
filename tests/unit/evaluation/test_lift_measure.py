from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.hiding import without_giveaways
from core.evaluation.lift import MIN_GROUP_COURSES, LiftText, LiftVerdict, measure_lift, ranks_of
from core.evaluation.tfidf import tfidf_similarity


def test_the_nearest_document_is_first_and_equals_share_their_places() -> None:
    similarity = np.array([[0.9, 0.1, 0.5], [0.2, 0.2, 0.2], [0.0, 0.9, 0.3]])
    assert ranks_of(similarity, np.array([0, 1, 0])).tolist() == [1.0, 2.0, 3.0]


def test_a_search_that_finds_nothing_gains_nothing() -> None:
    assert ranks_of(np.zeros((1, 99)), np.array([7])).tolist() == [50.0]


def ranks(generated: float, title: float, tfidf: float, count: int = 40) -> dict[LiftText, np.ndarray]:
    places = {LiftText.TITLE_DEPARTMENT: title, LiftText.TFIDF: tfidf, LiftText.GENERATED: generated}
    return {text: np.full(count, place) for text, place in places.items()}


@pytest.mark.parametrize(
    ("generated", "title", "tfidf", "verdict", "strongest"),
    [
        (1, 2, 4, LiftVerdict.HELPS, LiftText.TITLE_DEPARTMENT),
        (2, 4, 1, LiftVerdict.HARMS, LiftText.TFIDF),
        (2, 2, 4, LiftVerdict.NO_DIFFERENCE, LiftText.TITLE_DEPARTMENT),
    ],
)
def test_the_verdict_is_against_the_strongest_simple_text(
    generated: float, title: float, tfidf: float, verdict: LiftVerdict, strongest: LiftText
) -> None:
    result = measure_lift(ranks(generated, title, tfidf), ["en"] * 40, ["X"] * 40)
    assert (result.verdict, result.strongest) == (verdict, strongest)
    assert result.gain.mean == pytest.approx(1 / generated - 1 / title)


def test_small_groups_have_figures_and_no_verdict() -> None:
    sizes = {"Large": MIN_GROUP_COURSES, "Small": MIN_GROUP_COURSES - 1}
    departments = [name for name, size in sizes.items() for _ in range(size)]
    result = measure_lift(ranks(1, 2, 4, len(departments)), ["en"] * len(departments), departments)
    judged = {row.name: row.verdict for row in result.rows if row.group == "department" and row.difference is not None}
    assert judged == {"Large": LiftVerdict.HELPS, "Small": None}
    assert {row.group for row in result.rows} == {"all", "department"}  # one language is no group


def test_a_single_lucky_course_makes_no_verdict() -> None:
    places = ranks(2, 2, 4)
    places[LiftText.GENERATED][0] = 1
    assert measure_lift(places, ["en"] * 40, ["X"] * 40).verdict is LiftVerdict.NO_DIFFERENCE


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Genes and cells. (Meets together with BIOL 4630.) More on it.", "Genes and cells. More on it."),
        ("Prerequisites: CSCI 1100 or permission. Graph theory is used.", "Graph theory is used."),
        ("Follows PHYS-1200 closely.", "Follows closely."),
        ("선수과목: 미적분학. 확률 이론을 배운다.", "확률 이론을 배운다."),
        ("Europe since 1945 and the year 2000.", "Europe since 1945 and the year 2000."),
    ],
)
def test_codes_and_prerequisites_are_taken_out_and_nothing_else(text: str, left: str) -> None:
    assert without_giveaways(text) == left


@given(st.text())
def test_taking_out_giveaways_adds_nothing(text: str) -> None:
    left = without_giveaways(text)
    assert len(left) <= len(text)
    assert left == " ".join(left.split())
    assert set(left) <= {*text, " "}


def test_tfidf_finds_the_document_that_shares_rare_words() -> None:
    documents = ["Rocks and minerals of the earth.", "Poems of the romantic age.", "미적분학과 해석학의 기초를 배운다."]
    assert tfidf_similarity(["minerals"], documents).argmax() == 0
    assert tfidf_similarity(["미적분"], documents, "ko").argmax() == 2
