from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from core.jobs.entries import (
    Entry,
    ItemDone,
    ItemFailed,
    ItemSetAside,
    ItemsReset,
    ItemsStarted,
    Line,
    SessionEnded,
    SessionStarted,
)
from core.jobs.history import History
from core.jobs.spec import WorkItem
from core.records import ItemState

ITEMS = [WorkItem(key, "hash") for key in "abcdef"]


def history(*entries: Entry | None) -> History:
    return History(Line(entry, datetime.now(UTC), position) for position, entry in enumerate(entries))


def session(pid: int = 1) -> SessionStarted:
    return SessionStarted(pid)


def started(keys: str, attempt: int = 1) -> ItemsStarted:
    return ItemsStarted(dict.fromkeys(keys, attempt))


def done(key: str) -> ItemDone:
    return ItemDone(key, 1, "", "", {}, 1.0)


def keys(items: Iterable[WorkItem]) -> str:
    return "".join(item.key for item in items)


def test_an_empty_journal_leaves_everything_to_do() -> None:
    assert keys(history().pending(ITEMS)) == "abcdef"
    assert history().ended is None


def test_settled_items_are_not_pending() -> None:
    reason: dict[str, Any] = {"key": "x", "params": {}}
    past = history(session(), started("abc"), done("a"), ItemFailed("b", 1, reason), ItemSetAside("c", 3))
    assert keys(past.pending(ITEMS)) == "def"
    assert past.states == {"a": ItemState.DONE, "b": ItemState.FAILED, "c": ItemState.SET_ASIDE}


def test_items_in_hand_at_a_death_are_suspects_and_finished_ones_are_not() -> None:
    past = history(session(), started("abcd"), done("b"), session())
    assert keys(past.suspects(ITEMS)) == "acd"
    assert past.deaths == {"a": 1, "b": 0, "c": 1, "d": 1}


def test_items_in_hand_of_a_living_worker_are_not_yet_suspects() -> None:
    assert keys(history(session(), started("ab")).suspects(ITEMS)) == ""


def test_released_items_are_not_suspects() -> None:
    past = history(session(), started("ab"), done("a"), SessionEnded("paused", released=("b",)), session())
    assert keys(past.suspects(ITEMS)) == ""
    assert keys(past.pending(ITEMS)) == "bcdef"


def test_the_most_suspicious_item_is_tried_last() -> None:
    past = history(session(), started("abc"), session(), started("a", 2), session())
    assert keys(past.suspects(ITEMS)) == "bca"
    assert past.deaths["a"] == 2


def test_the_attempt_number_stands_in_for_a_damaged_record() -> None:
    past = history(session(), None, None, started("a", 3), session())
    assert past.deaths["a"] == 3


def test_a_reset_forgets_attempts_and_ends_but_not_results() -> None:
    past = history(session(), started("ab"), session(), ItemSetAside("a", 3), done("b"), ItemsReset(("a", "b")))
    assert keys(past.pending(ITEMS)) == "acdef"
    assert keys(past.suspects(ITEMS)) == ""


def test_a_result_outweighs_what_is_said_later() -> None:
    past = history(done("a"), ItemSetAside("a", 3))
    assert past.states["a"] is ItemState.DONE


def test_last_words_belong_to_the_last_worker() -> None:
    assert history(session(1), SessionEnded("paused"), session(2)).ended is None
    past = history(session(1), session(2), SessionEnded("failed"))
    assert past.worker == 2
    assert past.ended == SessionEnded("failed")


def test_groups_stay_large_while_single_items_are_to_blame() -> None:
    one_death = history(session(), started("abcd"), session())
    assert one_death.group_size(16) == 16
    killer = history(session(), started("abcd"), session(), started("a", 2), session(), started("bcd"), session())
    assert killer.group_size(16) == 16


def test_groups_get_smaller_when_whole_groups_are_lost_without_a_culprit() -> None:
    groups = [started(group) for group in ("ab", "cd", "ef", "gh", "ij")]
    lost = [[entry for group in groups[:count] for entry in (session(), group)] for count in range(1, 6)]
    assert [history(*past, session()).group_size(8) for past in lost] == [8, 4, 2, 1, 1]


def test_a_group_that_was_too_large_is_known_by_its_parts_coming_through() -> None:
    lost = [session(), started("abcd"), session(), started("ab", 2), session(), started("ef")]
    assert history(*lost, session()).group_size(16) == 8  # of the two last neither `a` nor `b` nor `e` did harm alone


def test_nothing_is_in_hand_after_the_worker_is_buried() -> None:
    past = history(session(), started("ab"))
    assert keys(past.in_hand(ITEMS)) == "ab"
    past.add(session())
    assert keys(past.in_hand(ITEMS)) == ""
