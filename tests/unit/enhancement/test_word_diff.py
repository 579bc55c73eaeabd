"""The diff loses no word of either text."""

from hypothesis import given
from hypothesis import strategies as st

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


@given(TEXTS, TEXTS)
def test_runs_that_are_not_removed_are_exactly_the_new_text(before: str, after: str) -> None:
    runs = word_diff(before, after)
    assert "".join(run.text for run in runs if run.change is not Change.REMOVED) == after


@given(TEXTS, TEXTS)
def test_runs_that_are_not_added_hold_every_word_of_the_old_text(before: str, after: str) -> None:
    runs = word_diff(before, after)
    kept = "".join(run.text for run in runs if run.change is not Change.ADDED)
    assert "".join(kept.split()) == "".join(before.split())
