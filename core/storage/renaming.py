"""What a course that a newer file has under another key brings along from its old one."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from core.storage.conversion import insert_columns, new_id
from core.storage.queries import catalogs, enhancements


def bring_along(cursor: duckdb.DuckDBPyConnection, catalog_id: str, renamed: Mapping[str, str]) -> None:
    """Within a transaction: note which new key each old course key has now, and copy versions and texts to it.

    The texts are the published one and the newest that is not rejected, which may wait for review. Copies, because the
    old text is what its job's journal says. They are stale until `follow_sources` compares them with the course, so
    that this decides, and is logged.
    """
    if not renamed:
        return
    keys = {"catalog_id": [catalog_id] * len(renamed), "old_key": list(renamed), "new_key": list(renamed.values())}
    insert_columns(cursor, catalogs.PUT_RENAMES, keys)
    insert_columns(cursor, catalogs.COPY_VERSIONS, keys)
    found = cursor.execute(enhancements.PUBLISHED, [catalog_id]).fetchall()
    found += cursor.execute(enhancements.LATEST, [catalog_id]).fetchall()
    texts = {identity: renamed[key] for identity, _, key, *_ in found if key in renamed}
    ids = {"old_id": list(texts), "new_id": [new_id() for _ in texts], "new_key": list(texts.values())}
    if texts:
        insert_columns(cursor, enhancements.COPY_AS_STALE, ids)
