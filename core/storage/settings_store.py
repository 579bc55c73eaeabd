"""Choices that outlive a browser session."""

from __future__ import annotations

from typing import Any

from core.storage.connection import Database
from core.storage.conversion import from_json, now, to_json, to_stored_time
from core.storage.queries import records as queries


class SettingsStore:
    """Reads and writes settings by key; a value is anything JSON can hold."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        """The value of `key`, `default` when it was never set."""
        row = self._database.fetch_one(queries.GET_SETTING, [key])
        return default if row is None else from_json(row[0])

    def set(self, key: str, value: Any) -> None:
        """Keep `value` under `key`; the last one counts."""
        with self._database.write() as cursor:
            cursor.execute(queries.PUT_SETTING, [key, to_json(value), to_stored_time(now())])
