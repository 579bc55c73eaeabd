"""One piece of work on a database, killed at its N-th step: `python -m tests.faults.dying WORK STATE_FOLDER N`.

Steps of a backup and of a restore are the lines of the module that does them; steps of a migration are its SQL
statements. With N = 0 only a named step that is armed kills (see core.failpoints). Exit status 0: the work was done
before step N came.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb

from core.config import Config
from core.pipeline.backup import restore
from core.pipeline.verify import repair
from core.storage import Database, create_backup
from core.storage import backup as backup_module
from core.storage.migrations import SCHEMA_FOLDER, migrate

NEXT_SCHEMA = """
ALTER TABLE catalogs ADD COLUMN term VARCHAR DEFAULT '';
UPDATE catalogs SET term = name;
CREATE TABLE terms AS SELECT catalog_id, term FROM catalogs;
ALTER TABLE enhancements ADD COLUMN likes INTEGER DEFAULT 0;
UPDATE enhancements SET likes = prompt_tokens;
CREATE INDEX terms_by_name ON terms (term);
CREATE TABLE texts AS SELECT text FROM enhancements;
DROP TABLE measurements;
"""


class Fuse:
    """Kills this process when it has been touched often enough."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def touch(self) -> None:
        """One step."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class FusedConnection:
    """A connection that runs statements one by one, each a step."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, fuse: Fuse) -> None:
        self._connection = connection
        self._fuse = fuse

    def execute(self, query: str, parameters: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        """As DuckDB's own."""
        for statement in self._connection.extract_statements(query):
            self._fuse.touch()
            self._connection.execute(statement, parameters)
        return self._connection


def trace_module(path: str, fuse: Fuse) -> None:
    """Let every line of a module be a step."""

    def on_line(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        if event == "line":
            fuse.touch()
        return on_line

    def on_call(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        return on_line if frame.f_code.co_filename == path else None

    sys.settrace(on_call)


def main(work: str, home: Path, steps: int) -> None:
    """Do it, and die on the way."""
    config, fuse = Config(home), Fuse(steps)
    if work == "migrate":
        scripts = home / "scripts"
        scripts.mkdir(exist_ok=True)
        for script in SCHEMA_FOLDER.glob("*.sql"):
            (scripts / script.name).write_text(script.read_text())
        (scripts / "9999_next.sql").write_text(NEXT_SCHEMA)
        with duckdb.connect(str(config.database_path)) as connection:
            migrate(FusedConnection(connection, fuse), lambda version: None, scripts)  # type: ignore[arg-type]
    elif work == "repair":
        repair(config)
    elif work == "backup":
        with Database(config.database_path) as database:
            trace_module(backup_module.__file__, fuse)
            create_backup(database)
    else:
        backup = next(config.backups_folder.glob("courselift-*.duckdb"))
        trace_module(backup_module.__file__, fuse)
        restore(config, backup)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
