"""Backups made while the database is in use, and restoring them."""

from __future__ import annotations

import errno
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from core.errors import StorageError
from core.records import Enhancement, Job
from core.storage import (
    CatalogStore,
    Database,
    EnhancementStore,
    JobStore,
    JournalBatch,
    SettingsStore,
    create_backup,
    restore_backup,
)
from core.storage import backup as backup_module


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "courselift.duckdb"


def test_a_backup_holds_one_moment_while_others_write(
    path: Path, tmp_path: Path, make_job: Callable[..., Job], make_enhancement: Callable[..., Enhancement]
) -> None:
    is_enough = threading.Event()
    with Database(path) as database:
        jobs = JobStore(database)
        jobs.create(make_job(), ["a"])

        def write() -> None:
            for position in range(2000):
                batch = JournalBatch(enhancements=[make_enhancement(f"e{position}")])
                jobs.apply_journal("job", position, position + 1, batch)
                if is_enough.is_set():
                    return

        writer = threading.Thread(target=write)
        writer.start()
        backups = [create_backup(database) for _ in range(3)]
        is_enough.set()
        writer.join()
    stored = []
    for backup in backups:
        with Database(backup, backups_folder=tmp_path / "unused") as copy:
            stored.append(JobStore(copy).get("job").journal_position)
            assert len(EnhancementStore(copy).of_job("job")) == stored[-1]
    assert stored == sorted(stored)


def test_a_backup_is_a_working_database(path: Path) -> None:
    with Database(path) as database:
        catalogs = CatalogStore(database)
        catalogs.create("2026")
        backup = create_backup(database)
        assert backup.parent == path.parent / "backups"
        assert [file.name for file in backup.parent.iterdir()] == [backup.name]
    restored = path.with_name("restored.duckdb")
    assert restore_backup(backup, restored) is None
    with Database(restored) as database:
        catalogs = CatalogStore(database)
        with pytest.raises(StorageError, match="2026"):
            catalogs.create("2026")
        catalogs.create("2027")
        assert [catalog.name for catalog in catalogs.list()] == ["2026", "2027"]


def test_restoring_sets_the_old_files_aside(path: Path) -> None:
    with Database(path) as database:
        SettingsStore(database).set("version", "old")
        backup = create_backup(database)
        SettingsStore(database).set("version", "new")
    path.with_name("courselift.duckdb.wal").write_bytes(b"a log that does not belong to the backup")
    aside = restore_backup(backup, path)
    assert aside is not None
    assert aside.with_name(f"{aside.name}.wal").read_bytes().startswith(b"a log")
    with Database(path) as database:
        assert SettingsStore(database).get("version") == "old"
    aside.with_name(f"{aside.name}.wal").unlink()
    with Database(aside) as database:
        assert SettingsStore(database).get("version") == "new"


def test_restoring_in_place_of_a_damaged_file(path: Path) -> None:
    with Database(path) as database:
        SettingsStore(database).set("version", "good")
        backup = create_backup(database)
    path.write_bytes(b"damaged")
    with pytest.raises(StorageError) as caught:
        Database(path)
    assert str(path.parent / "backups") in str(caught.value)
    aside = restore_backup(backup, path)
    assert aside is not None and aside.read_bytes() == b"damaged"
    with Database(path) as database:
        assert SettingsStore(database).get("version") == "good"


@pytest.mark.parametrize("content", [None, b"", b"not a database", b"x" * 100_000])
def test_a_missing_or_damaged_backup_changes_nothing(path: Path, tmp_path: Path, content: bytes | None) -> None:
    with Database(path) as database:
        SettingsStore(database).set("version", "current")
    backup = tmp_path / "bad.duckdb"
    if content is not None:
        backup.write_bytes(content)
    before = sorted(path.parent.iterdir())
    with pytest.raises(StorageError) as caught:
        restore_backup(backup, path)
    assert caught.value.message.key == "storage.backup_damaged"
    assert sorted(path.parent.iterdir()) == before
    with Database(path) as database:
        assert SettingsStore(database).get("version") == "current"


def test_a_backup_of_a_newer_version_changes_nothing(path: Path) -> None:
    with Database(path) as database:
        SettingsStore(database).set("version", "current")
        backup = create_backup(database)
    with duckdb.connect(str(backup)) as connection:
        connection.execute("INSERT INTO schema_versions VALUES (999, 'from the future')")
    before = sorted(path.parent.iterdir())
    with pytest.raises(StorageError) as caught:
        restore_backup(backup, path)
    assert caught.value.message.key == "storage.backup_newer"
    assert sorted(path.parent.iterdir()) == before
    with Database(path) as database:
        assert SettingsStore(database).get("version") == "current"


def test_a_backup_from_elsewhere_reads_nothing_outside_the_state_folder(path: Path, tmp_path: Path) -> None:
    Database(path).close()
    (tmp_path / "secret.txt").write_text("of this machine")
    backup = tmp_path / "from-elsewhere.duckdb"
    with duckdb.connect(str(backup)) as connection:
        connection.execute(
            f"CREATE VIEW schema_versions AS SELECT 1 AS version FROM read_text('{tmp_path / 'secret.txt'}')"
        )
    with pytest.raises(StorageError) as caught:
        restore_backup(backup, path)
    assert caught.value.message.key == "storage.backup_damaged"
    assert isinstance(caught.value.__cause__, duckdb.PermissionException)


def test_a_disk_without_second_names_for_files_keeps_the_old_database_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("core.storage.backup.os.link", refuse)
    with Database(path) as database:
        SettingsStore(database).set("version", "old")
        backup = create_backup(database)
        SettingsStore(database).set("version", "new")
    aside = restore_backup(backup, path)
    assert aside is not None
    for file, version in ((path, "old"), (aside, "new")):
        with Database(file) as database:
            assert SettingsStore(database).get("version") == version


def test_a_database_in_use_is_not_replaced(path: Path) -> None:
    with Database(path) as database:
        backup = create_backup(database)
        with pytest.raises(StorageError) as caught:
            restore_backup(backup, path)
        assert caught.value.message.key == "storage.already_open"
        SettingsStore(database).set("still", "works")


def test_nobody_opens_the_database_while_it_is_exchanged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Database(path) as database:
        SettingsStore(database).set("version", "in the backup")
        made = create_backup(database)
    refused = []

    def with_somebody_late(*arguments: object, **options: object) -> Path | None:
        aside = set_aside(*arguments, **options)  # type: ignore[arg-type]
        with pytest.raises(StorageError) as caught:
            Database(path)
        refused.append(caught.value.message.key)
        return aside

    set_aside = backup_module.set_aside
    monkeypatch.setattr(backup_module, "set_aside", with_somebody_late)
    restore_backup(made, path)
    assert refused == ["storage.already_open"]
    with Database(path) as database:
        assert SettingsStore(database).get("version") == "in the backup"


@pytest.mark.parametrize(("number", "key"), [(errno.ENOSPC, "disk_full"), (errno.ENOENT, "folder_unusable")])
def test_what_the_file_system_refuses_is_a_sentence(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, key: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("core.storage.kept_files.put_in", refuse)
    with Database(path) as database:
        with pytest.raises(StorageError) as caught:
            create_backup(database)
        assert caught.value.message.key == f"storage.{key}"
        assert list(database.backups_folder.iterdir()) == []


def test_a_backup_that_cannot_be_made_leaves_no_file(path: Path) -> None:
    with Database(path) as database:
        database.backups_folder = path.parent / "not allowed"
        database.backups_folder.mkdir()
        with pytest.raises(StorageError):
            create_backup(database)
        assert list(database.backups_folder.iterdir()) == []


def test_equal_files_of_jobs_are_stored_once_and_all_come_back(
    path: Path, tmp_path: Path, make_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = bytes(range(256)) * 2**15  # 8 MiB: two parts
    files = {f"jobs/{job_id}/others.jsonl": others for job_id in ("first", "second")}
    files["jobs/second/items.jsonl"] = others[:-1] + b"!"
    with Database(path) as database:
        jobs = JobStore(database)
        for job_id in ("first", "second"):
            jobs.create(make_job(job_id, catalog_id=job_id), ["a"])
            (path.parent / "jobs" / job_id).mkdir(parents=True)
        for name, content in files.items():
            (path.parent / name).write_bytes(content)
        usage = shutil.disk_usage(path.parent)._replace(free=path.stat().st_size + int(2.5 * len(others)))
        monkeypatch.setattr("core.storage.kept_files.shutil.disk_usage", lambda _: usage)
        backup = create_backup(database)
    with duckdb.connect(str(backup), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM kept_parts").fetchall() == [(4,)]
        assert connection.execute("SELECT count(*) FROM kept_files").fetchall() == [(3,)]
    elsewhere = tmp_path / "elsewhere"
    restore_backup(backup, elsewhere / "courselift.duckdb")
    assert {name: (elsewhere / name).read_bytes() for name in files} == files
