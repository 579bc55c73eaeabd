from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.measurement.fidelity import MAX_LOSS, Fidelity, agreement, fidelity_in_words


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_agreement_is_a_symmetric_share(one: list[int], other: list[int]) -> None:
    assert 0 <= agreement(one, other) == agreement(other, one) <= 1
    assert agreement(one, one) == 1


def test_agreement_ends_at_the_first_difference() -> None:
    assert agreement([1, 2, 3, 4], [1, 2, 9, 4]) == 0.5
    assert agreement([1, 2], [1, 2, 3, 4]) == 0.5


def test_words_and_signs_count_where_no_model_can_be_asked() -> None:
    found = fidelity_in_words(["Same text.", "One two, three."], ["Same text.", "One two; three."])
    assert (found.agreement, found.identical) == ((1 + 2 / 5) / 2, 0.5)


def test_a_text_that_drifted_is_kept_and_one_that_the_reference_finds_improbable_is_not() -> None:
    assert not Fidelity(0.3, 0.0, -MAX_LOSS / 2).changes_too_much
    assert Fidelity(0.3, 0.0, -2 * MAX_LOSS).changes_too_much
    assert Fidelity(0.0, 0.0, 0.0).changes_too_much
