"""What DuckDB's error texts are taken to mean."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from core.storage.failures import is_fatal, opening_failure, restoring_failure, working_failure

FILE = Path("/home/a.duckdb")


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (
            duckdb.IOException('Could not set lock on file "a": Conflicting lock is held in python (PID 42).'),
            "held_by_process",
        ),
        (duckdb.IOException("Could not set lock on file: no holder is known"), "held_by_process"),
        (duckdb.IOException("Could not write file: No space left on device"), "disk_full"),
        (duckdb.IOException("Cannot open file: Permission denied"), "no_permission"),
        (duckdb.IOException('Cannot open file "/home/a.duckdb": No such file or directory'), "folder_unusable"),
        (duckdb.IOException("Corrupt database file: computed checksum 1 does not match stored checksum 2"), "damaged"),
        (duckdb.IOException("Failure while replaying WAL file: Corrupt WAL file"), "damaged"),
        (duckdb.SerializationException("Failed to deserialize"), "damaged"),
        (
            duckdb.IOException("Trying to read a database file with version number 99, but we can only read 64 to 68"),
            "newer_file",
        ),
    ],
)
def test_opening_failures_say_what_is_wrong(error: duckdb.Error, key: str) -> None:
    failure = opening_failure(error, FILE, FILE.parent / "backups")
    assert failure.message.key == f"storage.{key}"
    assert str(failure)


def test_a_damaged_file_names_the_backups() -> None:
    assert "/home/backups" in str(opening_failure(duckdb.IOException("x"), FILE, FILE.parent / "backups"))


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (duckdb.TransactionException("Failed to commit: Could not write file: No space left on device"), "disk_full"),
        (duckdb.FatalException("Failed to create checkpoint: No space left on device"), "disk_full"),
        (duckdb.FatalException("anything"), "stopped"),
        (duckdb.OutOfMemoryException("failed to pin block"), "out_of_memory"),
        (duckdb.ConstraintException("Duplicate key student_id: 20261234"), "failed"),
    ],
)
def test_working_failures_say_what_is_wrong_without_values(error: duckdb.Error, key: str) -> None:
    failure = working_failure(error, FILE)
    assert failure.message.key == f"storage.{key}"
    assert "20261234" not in str(failure)


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (duckdb.IOException("Could not write file: No space left on device"), "disk_full"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (duckdb.OutOfMemoryException("failed to pin block"), "out_of_memory"),
        (duckdb.CatalogException("Table schema_versions does not exist"), "backup_damaged"),
        (ValueError("uploads/../outside"), "backup_damaged"),
    ],
)
def test_only_what_nothing_else_stopped_is_a_damaged_backup(error: Exception, key: str) -> None:
    assert restoring_failure(error, FILE, FILE.parent).message.key == f"storage.{key}"


def test_only_errors_that_end_the_instance_are_fatal() -> None:
    assert is_fatal(duckdb.FatalException("x"))
    assert is_fatal(duckdb.InternalException("the database has been invalidated because of a previous fatal error"))
    assert not is_fatal(duckdb.ConstraintException("x"))
