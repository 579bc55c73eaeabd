from hypothesis import given
from hypothesis import strategies as st

from core.embedding.openvino_encoder import LENGTH_STEP, TOKENS_PER_BATCH, padded_length, token_batches


@given(st.lists(st.integers(0, 600), max_size=200), st.integers(1, 64))
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths, batch_size):
    batches = token_batches(lengths, batch_size)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = len(batch) * padded_length(max(lengths[index] for index in batch))
        assert len(batch) <= batch_size
        assert padded <= TOKENS_PER_BATCH or len(batch) == 1


@given(st.lists(st.integers(1, 600), max_size=200))
def test_longest_texts_come_first(lengths):
    order = [lengths[index] for batch in token_batches(lengths, 16) for index in batch]
    assert order == sorted(order, reverse=True)


@given(st.integers(0, 600))
def test_lengths_are_rounded_up_a_little(tokens):
    assert 0 <= padded_length(tokens) - max(tokens, 1) < LENGTH_STEP
