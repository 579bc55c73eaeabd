from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enhancement.trimming import cut_to_sentences, is_enough, is_whole, split_sentences


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It covers cells. It also covers ge", "It covers cells."),
        ("It covers cells, e.g. bacteria. Then", "It covers cells, e.g. bacteria."),
        ("Taught by Dr. Kim in 3.5 parts. And", "Taught by Dr. Kim in 3.5 parts."),
        ('They ask "why?" Then they', 'They ask "why?"'),
        ("It begins. Growth in the U.S. economy and", "It begins."),
        ("Line one.\nLine two.", "Line one. Line two."),
        ("A first text.\n\nCourse title: Next\nMore.", "A first text."),
        ("A first text.\n### Assessment\nMore.", "A first text."),
    ],
)
def test_english_is_cut_back_to_the_last_whole_sentence(text: str, kept: str) -> None:
    assert cut_to_sentences(text, "en") == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("세포의 구조를 배운다. 또한 유전", "세포의 구조를 배운다."),
        ("세포를 배웁니다 또한 유전의 원리를 다룹니", "세포를 배웁니다"),
        ("세포의 구조를 이해함", "세포의 구조를 이해함"),
        ("세포를 함께 관찰해요. 그리고", "세포를 함께 관찰해요."),
        ("미생물의 3.5배 성장을 본다. 다음", "미생물의 3.5배 성장을 본다."),
        ("세포를 배운다.\n과목명: 다음\n설명", "세포를 배운다."),
    ],
)
def test_korean_is_cut_back_to_the_last_whole_sentence(text: str, kept: str) -> None:
    assert cut_to_sentences(text, "ko") == kept


def test_at_most_so_many_sentences_are_kept() -> None:
    assert (
        cut_to_sentences("One is here. Two is here. Three is here.", "en", max_sentences=2)
        == "One is here. Two is here."
    )


def test_a_text_without_a_whole_sentence_stays_to_be_flagged() -> None:
    assert cut_to_sentences("cells and genes and", "en") == "cells and genes and"
    assert not is_whole("cells and genes and", "en")


@given(st.text(max_size=300), st.sampled_from(["ko", "en"]))
def test_trimming_twice_changes_nothing_more(text: str, language: str) -> None:
    once = cut_to_sentences(text, language)
    assert cut_to_sentences(once, language) == once


@given(st.lists(st.sampled_from(["Cells are alive.", "Genes matter!", "What is life?"]), max_size=6))
def test_splitting_gives_the_sentences_back(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences), "en") == sentences


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("One is here. Two is here. Three is here. A", "en", True),
        ("One is here. Two is here. Three is 3.", "en", False),  # "3.5" may be what comes
        ("One is here. Two is here. Three is here. ", "en", False),
        ("One is here.\nCourse title: N", "en", True),
        ("One is here.\nNote", "en", False),
        ("세포를 배운다. 유전을 배운다. 진화를 배운다. 또", "ko", True),
        ("세포를 배운다. 유전을 배운다. 진화를 배운다", "ko", False),
    ],
)
def test_a_text_is_enough_once_nothing_that_follows_would_be_kept(text: str, language: str, answer: bool) -> None:
    assert is_enough(text, language, 3) is answer


_PIECES = st.sampled_from(
    [
        "Cells",
        " are",
        " 3",
        ".",
        "5",
        ". ",
        " e.g.",
        " Dr.",
        "!",
        '"',
        "\n",
        "\nTitle:",
        "\nuser",
        "s",
        "합니다",
        " ",
        "다",
    ]
)


@given(st.lists(_PIECES, max_size=40), st.lists(_PIECES, max_size=20), st.sampled_from(["ko", "en"]))
def test_what_follows_an_enough_text_never_changes_what_is_kept(
    pieces: list[str], more: list[str], language: str
) -> None:
    for length in range(len(pieces)):
        text = "".join(pieces[:length])
        if is_enough(text, language, 3):
            rest = "".join([*pieces[length:], *more])
            assert cut_to_sentences((text + rest).strip(), language, 3) == cut_to_sentences(text.strip(), language, 3)
            return
