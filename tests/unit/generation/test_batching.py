from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.generation.batching import plan_batches


def test_no_prompts_make_no_batches() -> None:
    assert list(plan_batches([], 8)) == []


def test_batches_hold_similar_lengths_shortest_first() -> None:
    assert list(plan_batches([30, 10, 20, 40], 2)) == [[1, 2], [0, 3]]


def test_the_first_batch_can_be_small() -> None:
    assert [len(batch) for batch in plan_batches([5] * 20, 8, first_batch=4)] == [4, 8, 8]


@given(st.lists(st.integers(1, 1000)), st.integers(1, 32), st.none() | st.integers(1, 40))
def test_every_prompt_is_in_exactly_one_batch(lengths: list[int], size: int, first: int | None) -> None:
    batches = list(plan_batches(lengths, size, first))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    assert all(0 < len(batch) <= size for batch in batches)
