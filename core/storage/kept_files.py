"""The files that a database speaks of, inside its backups: uploaded catalogs, and what jobs were told and wrote.

So one file brings an installation back on an empty disk. Files are cut into compressed parts, so that memory stays
bounded whatever their size, and each carries the SHA-256 of the whole. Equal files share their parts: all jobs of a
catalog are told of the same other courses. A file that is there already is never touched: journals only grow, so the
one on the disk knows at least as much as the one in the backup.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from core.config import Config
from core.errors import StorageError

_PART_BYTES = 4 * 2**20
_JOB_FILES = ("journal.log", "items.jsonl", "others.jsonl", "job.json")  # the last one makes the folder a job
# A backup may come from elsewhere: nothing but these two places, and no way out of them.
_NAME = re.compile(rf"uploads/[0-9a-f]{{64}}(\.[^./\0]+)?|jobs/\w{{1,64}}/({'|'.join(map(re.escape, _JOB_FILES))})")

_BEGIN = """
CREATE OR REPLACE TABLE {copy}.kept_files (position INTEGER, name VARCHAR, sha256 VARCHAR);
CREATE OR REPLACE TABLE {copy}.kept_parts (position INTEGER, part INTEGER, content BLOB);
"""
_END = "DROP TABLE IF EXISTS kept_files; DROP TABLE IF EXISTS kept_parts"
_UPLOADS = "SELECT DISTINCT stored_path FROM {copy}.uploads WHERE stored_path <> '' AND kind <> 'students' ORDER BY 1"
_JOBS = "SELECT job_id FROM {copy}.jobs ORDER BY 1"
_ADD_FILE = "INSERT INTO {copy}.kept_files VALUES (?, ?, ?)"
_ADD_PART = "INSERT INTO {copy}.kept_parts VALUES (?, ?, ?)"
_HAS_FILES = "SELECT count(*) = 2 FROM duckdb_tables() WHERE table_name IN ('kept_files', 'kept_parts')"
# Where a backup from elsewhere holds nothing, or something else, that is no name and no content.
_FILES = """
SELECT position, coalesce(name::VARCHAR, ''), coalesce(sha256::VARCHAR, '') FROM kept_files ORDER BY position
"""
_PART = "SELECT coalesce(content::BLOB, ''::BLOB) FROM kept_parts WHERE position = ? AND part = ?"


def require_space(home: Path, target: Path) -> None:
    """Raise StorageError when a backup with all files would not fit on the disk: a full one stops the database."""
    config = Config(home)
    paths = [config.database_path, *config.uploads_folder.glob("*")]
    paths += [path for name in _JOB_FILES for path in config.jobs_folder.glob(f"*/{name}")]
    different = {(path.name, path.stat().st_size) for path in paths if path.is_file()}  # equal files are stored once
    if sum(size for _, size in different) > shutil.disk_usage(target).free:
        raise StorageError("storage.disk_full", folder=str(target))


def put_in(connection: duckdb.DuckDBPyConnection, copy: str, home: Path) -> None:
    """Add the files of the state folder `home` to the attached database `copy`, which was copied before.

    So a journal holds at least what the copy knows of it. Files of students and files that are gone are left out.
    """
    connection.execute(_BEGIN.format(copy=copy))
    uploads = connection.execute(_UPLOADS.format(copy=copy)).fetchall()
    names = [f"uploads/{Path(stored_path).name}" for (stored_path,) in uploads]
    for (job_id,) in connection.execute(_JOBS.format(copy=copy)).fetchall():
        names += [f"jobs/{job_id}/{name}" for name in _JOB_FILES]
    positions: dict[str, int] = {}  # of parts, by the SHA-256 of the whole
    for position, name in enumerate(names):
        if _NAME.fullmatch(name) and (home / name).is_file():
            sha256 = _digest(home / name)
            if sha256 not in positions:
                sha256 = _add_parts(connection, copy, position, home / name)
                positions[sha256] = position
            connection.execute(_ADD_FILE.format(copy=copy), [positions[sha256], name, sha256])


def take_out(connection: duckdb.DuckDBPyConnection, home: Path) -> int:
    """Write the files of the opened backup that `home` lacks; returns how many.

    An upload that is not what its name says is set aside under a dated name first. Raises ValueError when a file in the
    backup is not what it was, OSError when one cannot be written.
    """
    if not connection.execute(_HAS_FILES).fetchall()[0][0]:  # made by an earlier version
        return 0
    written = 0
    for position, name, sha256 in connection.execute(_FILES).fetchall():
        if _NAME.fullmatch(name) is None:
            raise ValueError(name)
        written += not _is_there(home / name) and _write(connection, position, sha256, home / name)
    return written


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the files out of the opened copy of a backup, which is to become a database again."""
    connection.execute(_END)


def _add_parts(connection: duckdb.DuckDBPyConnection, copy: str, position: int, path: Path) -> str:
    """Add what the file holds; returns the SHA-256 of that, for a journal may have grown since it was last read."""
    digest = hashlib.sha256()
    for part, content in enumerate(_parts(path)):
        digest.update(content)
        connection.execute(_ADD_PART.format(copy=copy), [position, part, zlib.compress(content, 1)])
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while content := file.read(_PART_BYTES):
            yield content


def _is_there(path: Path) -> bool:
    """Whether nothing is to be written: uploads are named by their SHA-256, of other files any is the better one."""
    if not path.is_file():
        return False
    return path.parent.name != "uploads" or _digest(path) == path.stem


def _write(connection: duckdb.DuckDBPyConnection, position: int, sha256: str, path: Path) -> bool:
    """Put the file in its place when it is whole and what it was."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.new")
    digest = hashlib.sha256()
    try:
        with temporary.open("wb") as file:
            for content in _kept_parts(connection, position):
                digest.update(content)
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != sha256:
            raise ValueError(path.name)
        if path.exists():
            path.rename(path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _kept_parts(connection: duckdb.DuckDBPyConnection, position: int) -> Iterator[bytes]:
    part = 0
    while (row := connection.execute(_PART, [position, part]).fetchone()) is not None:
        try:
            yield zlib.decompressobj().decompress(row[0], _PART_BYTES)
        except zlib.error as error:
            raise ValueError(position) from error
        part += 1
