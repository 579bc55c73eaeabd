"""Between records and what DuckDB keeps: JSON texts, naive UTC times, Arrow tables."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from core.records import Message


def new_id() -> str:
    """A fresh random identity of 32 hexadecimal digits."""
    return uuid.uuid4().hex


def now() -> datetime:
    """This moment, UTC-aware."""
    return datetime.now(UTC)


def to_stored_time(moment: datetime | None) -> datetime | None:
    """`moment` as DuckDB's TIMESTAMP: UTC without a zone. A naive time counts as UTC."""
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def from_stored_time(moment: datetime) -> datetime:
    """A stored TIMESTAMP as a UTC-aware time."""
    return moment.replace(tzinfo=UTC)


def from_optional_time(moment: datetime | None) -> datetime | None:
    """A stored TIMESTAMP or NULL as a UTC-aware time or None."""
    return None if moment is None else from_stored_time(moment)


def to_json(value: Any) -> str:
    """`value` as compact JSON with sorted keys; Mappings and Messages at any depth are allowed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return {"key": value.key, "params": value.params, "is_message": True}
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def from_json(text: str) -> Any:
    """The value that `to_json` wrote; Messages come back as Messages."""
    return json.loads(text, object_hook=_restored)


def _restored(table: dict[str, Any]) -> Any:
    if table.get("is_message") is True:
        return Message(table["key"], table["params"])
    return table


def from_optional_json(text: str | None) -> Any:
    """The value of a JSON column that may be NULL."""
    return None if text is None else from_json(text)


def insert_columns(
    cursor: duckdb.DuckDBPyConnection, insert: str, columns: Mapping[str, Sequence[Any] | pa.Array]
) -> None:
    """Run `insert` (an INSERT ... SELECT ... FROM incoming) with `columns` as the table `incoming`.

    One Arrow table instead of executemany: 2,000 rows took 0.05 s instead of 0.88 s.
    """
    cursor.register("incoming", pa.table(dict(columns)))
    try:
        cursor.execute(insert)
    finally:
        cursor.unregister("incoming")
