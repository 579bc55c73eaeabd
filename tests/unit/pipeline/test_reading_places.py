"""Reviewers are handed different drafts, and nobody ever waits."""

from __future__ import annotations

import threading

from core.pipeline.reading_places import READING_SECONDS, ReadingPlaces

DRAFTS = ["a", "b", "c"]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def is_here(_: str) -> bool:
    return True


def test_each_reader_gets_a_draft_of_their_own() -> None:
    places = ReadingPlaces()
    assert [places.take_next(name, name, DRAFTS, 0, is_here) for name in ("kim", "lee", "park")] == [0, 1, 2]
    assert places.take_next("kim", "kim", DRAFTS, 2, is_here) == 0  # round to the beginning: their own counts as free


def test_with_more_readers_than_drafts_nobody_waits() -> None:
    places = ReadingPlaces()
    assert [places.take_next(f"r{number}", "", DRAFTS[:2], 1, is_here) for number in range(4)] == [1, 0, 1, 1]


def test_who_goes_to_a_draft_of_another_is_told_their_name() -> None:
    places = ReadingPlaces()
    places.take_next("one", "Kim", DRAFTS, 0, is_here)
    assert places.stay("two", "Lee", "b", is_here) is None
    assert places.stay("two", "Lee", "a", is_here) == "Kim"
    assert places.stay("one", "Kim", "a", is_here) == "Lee"


def test_a_draft_is_free_again_when_its_reader_leaves_or_rests() -> None:
    clock = Clock()
    places = ReadingPlaces(clock)
    places.take_next("one", "Kim", DRAFTS, 0, is_here)
    assert places.take_next("two", "Lee", DRAFTS, 0, lambda reader: reader != "one") == 0
    assert places.take_next("three", "Park", DRAFTS, 0, is_here) == 1
    clock.now = READING_SECONDS + 1
    assert places.take_next("four", "Choi", DRAFTS, 0, is_here) == 0


def test_readers_who_come_at_the_same_moment_get_different_drafts() -> None:
    places, drafts, got = ReadingPlaces(), [str(number) for number in range(16)], []
    together = threading.Barrier(16)

    def arrive(reader: str) -> None:
        together.wait()
        got.append(places.take_next(reader, reader, drafts, 0, is_here))

    readers = [threading.Thread(target=arrive, args=(f"r{number}",)) for number in range(16)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sorted(got) == list(range(16))
