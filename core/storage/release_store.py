"""Releases: immutable, named sets of approved texts, and which of them a catalog uses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import StorageError
from core.records import Enhancement, Release, ReleasedText, ReviewState
from core.storage.connection import Database
from core.storage.conversion import from_json, from_stored_time, insert_columns, new_id, now, to_json, to_stored_time
from core.storage.queries import releases as queries

Releases = list[Release]  # the method `list` hides the type's own name inside the class
Texts = dict[str, ReleasedText]


class ReleaseStore:
    """Reads and writes releases. A release is written once, whole, and stays; publishing adds to a log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        catalog_id: str,
        texts: Sequence[Enhancement],
        *,
        name: str,
        note: str = "",
        by: str = "",
        embeds_generated: bool = True,
        lift: Mapping[str, Any] | None = None,
    ) -> Release:
        """Store the texts as they read now and publish them, in one transaction.

        `lift` is the measurement that the release stands on, as plain JSON values. Raises StorageError when the
        catalog has a release of this name.
        """
        release_id, moment = new_id(), to_stored_time(now())
        finals = [each.published_text for each in texts]
        columns = {
            "release_id": [release_id] * len(texts),
            "course_key": [each.course_key for each in texts],
            "enhancement_id": [each.enhancement_id for each in texts],
            "state": [each.state.value for each in texts],
            "text": finals,
            "text_hash": [hashlib.sha256(text.encode()).hexdigest() for text in finals],
        }
        with self._database.write() as cursor:
            if cursor.execute(queries.NAME_IS_TAKEN, [catalog_id, name]).fetchone():
                raise StorageError("storage.release_exists", name=name)
            values = [release_id, catalog_id, name, note, moment, by, embeds_generated, to_json(lift or {})]
            cursor.execute(queries.ADD, values)
            insert_columns(cursor, queries.ADD_TEXTS, columns)
            self.publish(release_id, by)
        return self.get(release_id)

    def publish(self, release_id: str, by: str = "") -> Release:
        """Put a stored release to use (again). Raises StorageError when there is none."""
        with self._database.write() as cursor:
            row = cursor.execute(queries.CATALOG_OF, [release_id]).fetchone()
            if row is None:
                raise StorageError("storage.no_release", release_id=release_id)
            values = {"catalog_id": row[0], "release_id": release_id, "moment": to_stored_time(now()), "by": by}
            cursor.execute(queries.PUBLISH, values)
            return self.get(release_id)

    def get(self, release_id: str) -> Release:
        """One release. Raises StorageError when there is none."""
        row = self._database.fetch_one(queries.GET, [release_id])
        if row is None:
            raise StorageError("storage.no_release", release_id=release_id)
        return _release(row)

    def list(self, catalog_id: str) -> Releases:
        """Every release of a catalog, the last published first."""
        return [_release(row) for row in self._database.fetch(queries.LIST, [catalog_id])]

    def current(self, catalog_id: str) -> Release | None:
        """The release in use; None when none was ever published."""
        return next(iter(self.list(catalog_id)), None)

    def texts(self, release_id: str) -> Texts:
        """The texts of a release by course key."""
        return {row[0]: _text(row) for row in self._database.fetch(queries.TEXTS, [release_id])}

    def embedded_texts(self, catalog_id: str) -> Texts:
        """What the release in use gives to embeddings and recommendations, by course key.

        A text that a person edited always; one that the model wrote when the release embeds generated texts.
        """
        current = self.current(catalog_id)
        if current is None:
            return {}
        texts = self.texts(current.release_id)
        return {
            key: text for key, text in texts.items() if current.embeds_generated or text.state is ReviewState.EDITED
        }

    def names_by_text(self, catalog_id: str) -> dict[str, tuple[str, ...]]:
        """The names of the releases that hold each text, oldest first, by enhancement id."""
        rows = self._database.fetch(queries.NAMES_BY_TEXT, [catalog_id])
        return {enhancement_id: tuple(names) for enhancement_id, names in rows}


def _release(row: tuple[Any, ...]) -> Release:
    release_id, catalog_id, name, note, created_at, created_by, embeds, lift, count, published_at, by, current = row
    return Release(
        release_id=release_id,
        catalog_id=catalog_id,
        name=name,
        note=note,
        created_at=from_stored_time(created_at),
        created_by=created_by,
        embeds_generated=bool(embeds),
        lift=from_json(lift),
        text_count=count,
        published_at=from_stored_time(published_at),
        published_by=by,
        is_current=bool(current),
    )


def _text(row: tuple[Any, ...]) -> ReleasedText:
    course_key, enhancement_id, state, text, text_hash = row
    return ReleasedText(course_key, enhancement_id, ReviewState(state), text, text_hash)
