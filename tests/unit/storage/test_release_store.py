from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import StorageError
from core.records import Enhancement, ReviewState
from core.storage.connection import Database
from core.storage.enhancement_store import EnhancementStore
from core.storage.release_store import ReleaseStore


@pytest.fixture
def texts(database: Database, make_enhancement: Callable[..., Enhancement]) -> EnhancementStore:
    store = EnhancementStore(database)
    store.save([make_enhancement(f"e{number}", course_key=f"C{number}") for number in range(3)])
    store.decide(["e0", "e1"], ReviewState.APPROVED, "kim")
    store.decide(["e2"], ReviewState.EDITED, "kim", edited_text="By hand.")
    return store


def test_a_release_keeps_the_texts_as_they_were_published(database: Database, texts: EnhancementStore) -> None:
    store = ReleaseStore(database)
    release = store.create("catalog", list(texts.published("catalog").values()), name="autumn", note="n", by="kim")
    texts.decide(["e2"], ReviewState.EDITED, "lee", edited_text="Otherwise.")
    texts.decide(["e0"], ReviewState.REJECTED, "lee", "wrong")
    kept = store.texts(release.release_id)
    assert set(kept) == {"C0", "C1", "C2"}
    assert (kept["C2"].text, kept["C2"].state) == ("By hand.", ReviewState.EDITED)
    assert (release.text_count, release.created_by, release.is_current) == (3, "kim", True)


def test_an_earlier_release_can_be_published_again(database: Database, texts: EnhancementStore) -> None:
    store, approved = ReleaseStore(database), list(texts.published("catalog").values())
    first = store.create("catalog", approved[:1], name="first")
    second = store.create("catalog", approved, name="second")
    assert [each.name for each in store.list("catalog")] == ["second", "first"]
    again = store.publish(first.release_id, "lee")
    assert (again.is_current, again.published_by, again.created_at) == (True, "lee", first.created_at)
    current = store.current("catalog")
    assert current is not None and current.release_id == first.release_id
    assert not store.get(second.release_id).is_current
    assert len(store.embedded_texts("catalog")) == 1
    assert set(store.names_by_text("catalog").values()) == {("first", "second"), ("second",)}


def test_without_generated_texts_only_edited_ones_are_embedded(database: Database, texts: EnhancementStore) -> None:
    store = ReleaseStore(database)
    store.create("catalog", list(texts.published("catalog").values()), name="careful", embeds_generated=False)
    assert {key: text.text for key, text in store.embedded_texts("catalog").items()} == {"C2": "By hand."}


def test_a_name_is_given_once_in_a_catalog(database: Database, texts: EnhancementStore) -> None:
    store = ReleaseStore(database)
    store.create("catalog", [], name="autumn")
    store.create("other", [], name="autumn")
    with pytest.raises(StorageError, match="autumn"):
        store.create("catalog", [], name="autumn")
    with pytest.raises(StorageError, match="nothing"):
        store.publish("nothing")
