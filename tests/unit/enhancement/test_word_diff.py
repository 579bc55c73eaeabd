"""The diff loses no word of either text."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enhancement import word_diff as word_diff_module
from core.enhancement.word_diff import Change, WordRun, word_diff

TEXTS = st.text(alphabet="ab가나 .,\n", max_size=60)


def test_equal_texts_are_one_kept_run() -> None:
    assert word_diff("Basic algebra.", "Basic algebra.") == (WordRun("Basic algebra.", Change.KEPT),)


def test_a_replaced_word_is_removed_and_added() -> None:
    assert word_diff("basic algebra", "basic logic") == (
        WordRun("basic ", Change.KEPT),
        WordRun("algebra", Change.REMOVED),
        WordRun("logic", Change.ADDED),
    )


def test_korean_words_are_compared_whole() -> None:
    changes = {run.text: run.change for run in word_diff("선형대수 기초", "선형대수 심화")}
    assert changes == {"선형대수 ": Change.KEPT, "기초": Change.REMOVED, "심화": Change.ADDED}


def test_from_nothing_everything_is_added() -> None:
    assert word_diff("", "new text") == (WordRun("new text", Change.ADDED),)
    assert word_diff("", "") == ()


def test_of_endless_texts_the_middle_is_exchanged_as_a_whole() -> None:
    """difflib would compare every word with every word: hours for the longest cells that a file may have."""
    before, after = (f"Same start. {'a b c ' * 2_000}{middle} a {'c b a ' * 2_000}same end." for middle in ("x y", "z"))
    runs = word_diff(before, after)
    assert [run.change for run in runs] == [Change.KEPT, Change.REMOVED, Change.ADDED, Change.KEPT]
    assert (runs[1].text.split(), runs[2].text.split()) == (["x", "y"], ["z"])


@pytest.mark.parametrize("pairs", [word_diff_module._MAX_PAIRS, 0])
@given(before=TEXTS, after=TEXTS)
def test_runs_that_are_not_removed_are_exactly_the_new_text(pairs: int, before: str, after: str) -> None:
    with patch.object(word_diff_module, "_MAX_PAIRS", pairs):
        runs = word_diff(before, after)
    assert "".join(run.text for run in runs if run.change is not Change.REMOVED) == after


@pytest.mark.parametrize("pairs", [word_diff_module._MAX_PAIRS, 0])
@given(before=TEXTS, after=TEXTS)
def test_runs_that_are_not_added_hold_every_word_of_the_old_text(pairs: int, before: str, after: str) -> None:
    with patch.object(word_diff_module, "_MAX_PAIRS", pairs):
        runs = word_diff(before, after)
    kept = "".join(run.text for run in runs if run.change is not Change.ADDED)
    assert "".join(kept.split()) == "".join(before.split())
