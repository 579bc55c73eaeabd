"""The first files of the campaign of mutated files; `make faults` reads ten thousand."""

from __future__ import annotations

from tests.faults.mutation_campaign import read_files

FILES = 200


def test_mutated_files_are_read_exactly_or_refused_with_a_sentence() -> None:
    seen, faults, _ = read_files(1, FILES)
    assert faults == []
    assert seen["read"] > FILES / 4
    assert seen["refused"] > FILES / 10
    assert seen.total() == FILES
