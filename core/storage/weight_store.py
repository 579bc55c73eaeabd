"""Named, versioned weight sets, and which of them a catalog's recommendations are published with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.errors import StorageError
from core.records import WeightSet
from core.storage.connection import Database
from core.storage.conversion import from_json, from_stored_time, new_id, now, to_json, to_stored_time
from core.storage.queries import weights as queries

WeightSets = list[WeightSet]  # the method `list` hides the type's own name inside the class


class WeightStore:
    """Reads and writes weight sets. A version is never changed: saving makes the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, catalog_id: str) -> WeightSets:
        """Every version of every set of a catalog, newest first."""
        return [_weight_set(row) for row in self._database.fetch(queries.LIST, [catalog_id])]

    def get(self, weight_set_id: str) -> WeightSet:
        """One version. Raises StorageError when there is none."""
        row = self._database.fetch_one(queries.GET, [weight_set_id])
        if row is None:
            raise StorageError("storage.no_weight_set", weight_set_id=weight_set_id)
        return _weight_set(row)

    def newest(self, catalog_id: str, name: str) -> WeightSet | None:
        """The newest version of the set called `name`, None when there is none."""
        row = self._database.fetch_one(queries.NEWEST, [catalog_id, name])
        return None if row is None else _weight_set(row)

    def save(
        self,
        catalog_id: str,
        name: str,
        weights: Mapping[str, float],
        author: str = "",
        note: str = "",
        expected_version: int = 0,
        options: Mapping[str, Any] | None = None,
    ) -> WeightSet:
        """Store the next version of `name`; `options` say how lists are made beside the weights.

        `expected_version` is the version the author started from, 0 for a new name. Raises StorageError (who
        changed it and when) if another version was saved since.
        """
        with self._database.write() as cursor:
            newest = self.newest(catalog_id, name)
            if newest is not None and newest.version != expected_version:
                raise _changed_by(newest.author, newest.created_at, newest.name)
            version = 1 if newest is None else newest.version + 1
            weight_set_id, moment = new_id(), to_stored_time(now())
            values = [weight_set_id, catalog_id, name, version, to_json(weights), moment, author, note]
            cursor.execute(queries.ADD, [*values, to_json(options or {})])
            return self.get(weight_set_id)

    def publish(self, weight_set_id: str) -> None:
        """Make this version the published one of its catalog. Raises StorageError when there is none."""
        with self._database.write() as cursor:
            row = cursor.execute(queries.CATALOG_OF, [weight_set_id]).fetchone()
            if row is None:
                raise StorageError("storage.no_weight_set", weight_set_id=weight_set_id)
            values = {"catalog_id": row[0], "weight_set_id": weight_set_id, "moment": to_stored_time(now())}
            cursor.execute(queries.PUBLISH, values)

    def published(self, catalog_id: str) -> WeightSet | None:
        """The published version of a catalog, None before the first one."""
        row = self._database.fetch_one(queries.PUBLISHED, [catalog_id])
        return None if row is None else _weight_set(row)

    def rollback(self, catalog_id: str) -> WeightSet:
        """Go back to what was published before, and return it. Raises StorageError when there was nothing."""
        with self._database.write() as cursor:
            rows = cursor.execute(queries.PUBLICATIONS, [catalog_id]).fetchall()
            if len(rows) < 2:
                raise StorageError("storage.nothing_to_roll_back")
            cursor.execute(queries.WITHDRAW, [rows[0][0]])
            return self.get(rows[1][1])


def _changed_by(author: str, moment: datetime, name: str) -> StorageError:
    return StorageError("storage.changed_by", author=author or "?", time=f"{moment:%Y-%m-%d %H:%M} UTC", name=name)


def _weight_set(row: tuple[Any, ...]) -> WeightSet:
    weight_set_id, name, version, weights, created_at, author, note, options, is_published = row
    moment = from_stored_time(created_at)
    return WeightSet(
        weight_set_id, name, version, from_json(weights), moment, author, note, bool(is_published), from_json(options)
    )
