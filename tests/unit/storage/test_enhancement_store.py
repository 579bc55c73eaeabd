"""Enhancements, decisions and their undoing in a real DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.errors import StorageError
from core.records import Course, Enhancement, ReviewState
from core.storage import CatalogStore, Database, EnhancementStore
from core.storage.conversion import now

MakeEnhancement = Callable[..., Enhancement]


@pytest.fixture
def store(database: Database) -> EnhancementStore:
    return EnhancementStore(database)


@pytest.fixture
def catalogs(database: Database) -> CatalogStore:
    return CatalogStore(database)


def test_an_enhancement_comes_out_whole(store: EnhancementStore, make_enhancement: MakeEnhancement) -> None:
    enhancement = make_enhancement("a")
    store.save([enhancement])
    assert store.get("a") == enhancement
    assert store.of_job("job") == [enhancement]
    with pytest.raises(StorageError, match="nothing"):
        store.get("nothing")


def test_saving_again_changes_nothing(store: EnhancementStore, make_enhancement: MakeEnhancement) -> None:
    store.save([make_enhancement("a")])
    store.decide(["a"], ReviewState.APPROVED, "kim")
    store.save([make_enhancement("a", text="other"), make_enhancement("b")])
    store.save([])
    assert store.get("a").text == make_enhancement("a").text
    assert store.get("a").state is ReviewState.APPROVED
    assert len(store.of_catalog("catalog")) == 2


def test_a_catalogs_enhancements_are_filtered_and_paged(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement(f"e{number}", minutes=number) for number in range(5)])
    store.decide(["e1", "e3"], ReviewState.REJECTED, "kim")
    drafts = store.of_catalog("catalog", [ReviewState.DRAFT], limit=2, offset=1)
    assert [enhancement.enhancement_id for enhancement in drafts] == ["e2", "e4"]
    assert store.of_catalog("catalog", []) == []
    assert store.of_catalog("other") == []


def test_latest_is_the_newest_that_is_not_rejected(store: EnhancementStore, make_enhancement: MakeEnhancement) -> None:
    store.save([make_enhancement("old"), make_enhancement("new", minutes=5), make_enhancement("x", course_key="C2")])
    assert {key: item.enhancement_id for key, item in store.latest("catalog").items()} == {"C1": "new", "C2": "x"}
    store.decide(["new", "x"], ReviewState.REJECTED, "kim")
    assert {key: item.enhancement_id for key, item in store.latest("catalog").items()} == {"C1": "old"}
    assert [item.enhancement_id for item in store.for_course("catalog", "C1")] == ["new", "old"]


def test_published_is_the_last_approved_or_edited(store: EnhancementStore, make_enhancement: MakeEnhancement) -> None:
    store.save([make_enhancement("old"), make_enhancement("new", minutes=5), make_enhancement("x", course_key="C2")])
    assert store.published("catalog") == {}
    store.decide(["new"], ReviewState.APPROVED, "kim")
    store.decide(["old"], ReviewState.EDITED, "lee", edited_text="고친 글")
    published = store.published("catalog")
    assert {key: item.published_text for key, item in published.items()} == {"C1": "고친 글"}
    assert published["C1"].decided_by == "lee"


def test_what_was_decided_last_is_published_although_the_clock_was_set_back(
    store: EnhancementStore, make_enhancement: MakeEnhancement, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save([make_enhancement("first"), make_enhancement("second")])
    store.decide(["first"], ReviewState.APPROVED, "kim")
    earlier = now() - timedelta(hours=1)
    monkeypatch.setattr("core.storage.enhancement_store.now", lambda: earlier)
    store.decide(["second"], ReviewState.EDITED, "lee", edited_text="better")
    assert store.published("catalog")["C1"].published_text == "better"


def test_taking_back_a_rejection_leaves_published_what_was_before_it(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement("first"), make_enhancement("second")])
    store.decide(["first"], ReviewState.APPROVED, "kim")
    store.decide(["second"], ReviewState.APPROVED, "kim")
    store.undo(store.decide(["first"], ReviewState.REJECTED, "lee"), "lee")
    assert store.get("first").state is ReviewState.APPROVED
    assert store.published("catalog")["C1"].enhancement_id == "second"


def test_a_cached_text_is_found_by_its_key_unless_rejected(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    keys = {"a": "k1", "b": "k1", "c": "k2"}
    store.save([make_enhancement(name, minutes=n) for n, name in enumerate("abcd")], keys)
    assert {key: item.enhancement_id for key, item in store.find_cached(["k1", "k2", "k3", ""]).items()} == {
        "k1": "b",
        "k2": "c",
    }
    store.decide(["c"], ReviewState.REJECTED, "kim")
    assert "k2" not in store.find_cached(["k2"])
    assert store.find_cached([]) == {}


def test_a_decision_is_logged_with_who_when_and_why(store: EnhancementStore, make_enhancement: MakeEnhancement) -> None:
    store.save([make_enhancement("a"), make_enhancement("b")])
    decision_id = store.decide(["a", "b"], ReviewState.REJECTED, "kim", "틀린 내용")
    (entry,) = store.history("a")
    assert (entry.decision_id, entry.previous_state, entry.state) == (
        decision_id,
        ReviewState.DRAFT,
        ReviewState.REJECTED,
    )
    decided = store.get("a")
    assert (decided.state, decided.decided_by, decided.reason) == (ReviewState.REJECTED, "kim", "틀린 내용")
    assert decided.decided_at is not None and decided.decided_at.tzinfo is not None


def test_undo_puts_back_everything_and_can_be_undone(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement("a"), make_enhancement("b")])
    store.decide(["a"], ReviewState.EDITED, "lee", "clearer", edited_text="better")
    before = store.get("a"), store.get("b")
    decision_id = store.decide(["a", "b"], ReviewState.APPROVED, "kim")
    after = store.get("a")
    undo_id = store.undo(decision_id, "kim").decision_id
    assert (store.get("a"), store.get("b")) == before
    assert [entry.decided_by for entry in store.history("a")] == ["kim", "kim", "lee"]
    assert [entry.state for entry in store.history("b")] == [ReviewState.DRAFT, ReviewState.APPROVED]
    store.undo(undo_id)
    assert store.get("a") == after


def test_approving_an_edited_text_keeps_the_persons_words(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement("a"), make_enhancement("b")])
    store.decide(["a"], ReviewState.EDITED, "lee", edited_text="better")
    store.decide(["a", "b"], ReviewState.APPROVED, "kim")
    assert (store.get("a").state, store.get("a").published_text) == (ReviewState.EDITED, "better")
    assert store.get("b").state is ReviewState.APPROVED


def test_undo_leaves_alone_what_was_overtaken(store: EnhancementStore, make_enhancement: MakeEnhancement) -> None:
    store.save([make_enhancement("a"), make_enhancement("b")])
    first = store.decide(["a", "b"], ReviewState.APPROVED, "kim")
    store.decide(["b"], ReviewState.REJECTED, "lee")
    done = store.undo(first, "kim")
    assert (done.texts, done.kept) == (1, 1)
    assert store.get("a").state is ReviewState.DRAFT
    assert store.get("b").state is ReviewState.REJECTED
    with pytest.raises(StorageError) as caught:
        store.undo(first)
    assert caught.value.message.key == "storage.decision_overtaken"
    with pytest.raises(StorageError, match="nothing"):
        store.undo("nothing")


def test_one_text_of_a_bulk_decision_can_be_taken_back(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement("a"), make_enhancement("b")])
    first = store.decide(["a", "b"], ReviewState.APPROVED, "kim")
    assert store.undo(first, "kim", only="a").texts == 1
    assert [store.get(name).state for name in "ab"] == [ReviewState.DRAFT, ReviewState.APPROVED]
    assert [entry.texts for entry in store.history("b")] == [2]


def test_a_decision_on_a_text_that_was_decided_meanwhile_is_refused(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement("a"), make_enhancement("b", course_key="C2")])
    seen = store.newest_decision()
    store.decide(["a"], ReviewState.REJECTED, "kim", "wrong", seen=seen)
    with pytest.raises(StorageError) as caught:
        store.decide(["a", "b"], ReviewState.APPROVED, "lee", seen=seen)
    assert caught.value.message.key == "storage.decided_meanwhile"
    assert caught.value.message.params["by"] == "kim"
    assert [store.get(name).state for name in "ab"] == [ReviewState.REJECTED, ReviewState.DRAFT]
    store.decide(["b"], ReviewState.APPROVED, "lee", seen=seen)  # nobody decided about this one


def test_a_decision_on_a_course_whose_other_text_was_decided_meanwhile_is_refused(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement("a"), make_enhancement("b"), make_enhancement("c", catalog_id="other")])
    seen = store.newest_decision()
    store.decide(["a"], ReviewState.EDITED, "kim", edited_text="Words of Kim.", seen=seen)
    with pytest.raises(StorageError) as caught:
        store.decide(["b"], ReviewState.APPROVED, "lee", seen=seen)
    assert caught.value.message.key == "storage.decided_meanwhile"
    assert caught.value.message.params["by"] == "kim"
    store.decide(["c"], ReviewState.APPROVED, "lee", seen=seen)  # the course of that name in another catalog


def test_a_text_that_arrived_stale_meanwhile_is_nobodys_decision_on_the_others_of_its_course(
    store: EnhancementStore, catalogs: CatalogStore, make_enhancement: MakeEnhancement
) -> None:
    catalog_id = catalogs.create("2026-1").catalog_id
    catalogs.apply_import(catalog_id, "upload", [Course("C1", "Optics", content_hash="h2")], {})
    store.save([make_enhancement("a", catalog_id=catalog_id, source_hash="h2")])
    seen = store.newest_decision()
    store.save([make_enhancement("late", catalog_id=catalog_id, source_hash="h1")])
    assert store.newest_decision() > seen
    store.decide(["a"], ReviewState.APPROVED, "lee", seen=seen)
    with pytest.raises(StorageError):
        store.decide(["late"], ReviewState.APPROVED, "lee", seen=seen)


def test_recent_decisions_say_who_decided_about_how_many_and_what_still_stands(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement("a"), make_enhancement("b")])
    store.decide(["a", "b"], ReviewState.APPROVED, "kim")
    store.decide(["b"], ReviewState.REJECTED, "lee", "dull")
    newest, first = store.recent_decisions("catalog", 5)
    assert (newest.decided_by, newest.state, newest.texts, newest.standing) == ("lee", ReviewState.REJECTED, 1, 1)
    assert (first.decided_by, first.state, first.texts, first.standing) == ("kim", ReviewState.APPROVED, 2, 1)
    assert len(store.decision_moments("kim", 5)) == 1
    assert store.recent_decisions("other", 5) == []


def test_deciding_about_an_unknown_id_changes_nothing(
    store: EnhancementStore, make_enhancement: MakeEnhancement
) -> None:
    store.save([make_enhancement("a")])
    with pytest.raises(StorageError, match="missing"):
        store.decide(["a", "missing"], ReviewState.APPROVED, "kim")
    assert store.get("a").state is ReviewState.DRAFT
    assert store.history("a") == []


@pytest.mark.parametrize(("state", "text"), [(ReviewState.EDITED, None), (ReviewState.APPROVED, "text")])
def test_only_an_edit_carries_a_text(
    store: EnhancementStore, make_enhancement: MakeEnhancement, state: ReviewState, text: str | None
) -> None:
    store.save([make_enhancement("a")])
    with pytest.raises(StorageError):
        store.decide(["a"], state, "kim", edited_text=text)
