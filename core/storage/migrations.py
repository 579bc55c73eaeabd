"""Bring a database file to the schema this code knows: numbered SQL files, each applied once and whole."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import duckdb

from core.errors import StorageError
from core.failpoints import step

logger = logging.getLogger(__name__)

SCHEMA_FOLDER = Path(__file__).parent / "schema"

_CREATE_VERSIONS = "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name VARCHAR NOT NULL)"
_CURRENT_VERSION = "SELECT coalesce(max(version), 0) FROM schema_versions"
_ADD_VERSION = "INSERT INTO schema_versions VALUES (?, ?)"


def migrate(
    connection: duckdb.DuckDBPyConnection, before_upgrade: Callable[[int], None], folder: Path = SCHEMA_FOLDER
) -> None:
    """Apply the SQL files of `folder` (`0001_name.sql`) that the database has not seen yet, in order.

    Each runs in one transaction together with its version number, so a kill leaves the old or the new schema.
    `before_upgrade(version)` is called first when the file already holds tables of an older version.
    Raises StorageError when the file was written by a newer CourseLift.
    """
    connection.execute(_CREATE_VERSIONS)
    current, scripts = schema_version(connection), _scripts(folder)
    if current > max(scripts):
        raise StorageError("storage.newer_schema", found=current, known=max(scripts))
    waiting = [version for version in scripts if version > current]
    if current and waiting:
        before_upgrade(current)
    for version in waiting:
        _apply(connection, version, scripts[version])
    if waiting:
        with step("migration.checkpoint"):
            connection.execute("CHECKPOINT")  # schema changes are not left to a later replay of the log


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The version of an opened database's tables; 0 before the first. Raises duckdb.Error when it is none of ours."""
    rows = connection.execute(_CURRENT_VERSION).fetchall()  # all, or DuckDB keeps this moment's snapshot until the end
    return int(rows[0][0]) if rows else 0


def known_version() -> int:
    """The newest version that this CourseLift can read."""
    return max(_scripts(SCHEMA_FOLDER))


def _scripts(folder: Path) -> dict[int, Path]:
    return {int(path.name[:4]): path for path in sorted(folder.glob("[0-9]*.sql"))}


def _apply(connection: duckdb.DuckDBPyConnection, version: int, script: Path) -> None:
    connection.execute("BEGIN TRANSACTION")
    try:
        with step("migration.script"):
            connection.execute(script.read_text(encoding="utf-8"))
        connection.execute(_ADD_VERSION, [version, script.stem])
        with step("migration.commit"):
            connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    logger.info("schema version %d (%s) applied", version, script.stem)
