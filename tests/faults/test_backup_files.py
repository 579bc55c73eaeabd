"""Backups carry uploads and journals: after a lost disk one file brings back all that the checker asks for."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import duckdb
import pytest

from core.cli.main import main
from core.config import PROJECT_FOLDER, Config
from core.errors import StorageError
from core.jobs.spec import JobSpec
from core.pipeline.application import Application
from core.pipeline.backup import list_backups, make_backup, restore
from core.pipeline.export import ExportFormat, export_catalog
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.verify import repair, verify
from core.records import JobStatus
from tests.faults.checker import check
from tests.faults.installation import EARLY, RESULTS, Installation, copy_of, make


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return make(tmp_path_factory.mktemp("installation"))


@pytest.fixture
def config(installation: Installation, tmp_path: Path) -> Config:
    return copy_of(installation.closed, tmp_path / "copy")


@pytest.fixture
def backup(config: Config) -> Path:
    """One of everything that the installation holds."""
    with Application(config, watch_jobs=False) as app:
        return make_backup(app).path


def test_one_file_brings_everything_back_on_an_empty_disk(config: Config, backup: Path, own_state_folder: Path) -> None:
    shutil.copy(backup, own_state_folder.parent / "taken-away.duckdb")
    shutil.rmtree(config.home)
    assert main(["restore", str(own_state_folder.parent / "taken-away.duckdb")]) == 0
    found = check(own_state_folder)
    assert (found.faults, found.stored, found.uploads) == ([], RESULTS, 1)
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        assert verify(app).holds
        catalog_id = app.catalogs.list()[0].catalog_id
        assert b"Acoustics" in export_catalog(app, catalog_id, ExportFormat.CSV)


def test_a_copied_folder_of_a_killed_application_is_restored_with_what_stands_in_the_log(
    installation: Installation, own_state_folder: Path, tmp_path: Path
) -> None:
    copied = copy_of(installation.killed, tmp_path / "copied")
    assert (copied.home / "courselift.duckdb.wal").stat().st_size > 0
    restore(Config(own_state_folder), copied.database_path)
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        assert sum(len(app.enhancements.of_job(job.job_id)) for job in app.jobs.list()) == RESULTS


def test_a_backup_of_a_half_done_job_lets_it_go_on_elsewhere(config: Config, own_state_folder: Path) -> None:
    with Application(config, watch_jobs=False) as app:
        half_done = list_backups(app)[-1].path  # made in the middle of the early job
    elsewhere = Config(own_state_folder)
    restore(elsewhere, half_done)
    assert JobSpec.load(elsewhere.jobs_folder / "early") == JobSpec.load(config.jobs_folder / "early")
    assert check(own_state_folder).faults == []
    with Application(elsewhere, watch_jobs=False) as app:
        before = app.jobs.get("early").done
        assert before < EARLY
        app.job_service.resume("early")
        assert app.job_service.wait("early", 60).status is JobStatus.SUCCEEDED
        assert verify(app).holds
    found = check(own_state_folder)
    assert (found.faults, found.stored, found.written_twice) == ([], EARLY, 0)


def test_files_that_are_there_stay_as_they_are(config: Config, backup: Path) -> None:
    journal = config.jobs_folder / "early" / "journal.log"
    with journal.open("ab") as file:
        file.write(b"a torn line of a later moment")
    before = {path: path.read_bytes() for path in config.jobs_folder.rglob("*") if path.is_file()}
    restore(config, backup)
    assert {path: path.read_bytes() for path in config.jobs_folder.rglob("*") if path.is_file()} == before


def test_a_repair_takes_lost_and_damaged_files_from_the_backups(config: Config, backup: Path) -> None:
    (upload,) = config.uploads_folder.iterdir()
    upload.write_bytes(b"damaged")
    shutil.rmtree(config.jobs_folder / "early")
    done = repair(config)
    assert (done.mended.files_put_back, done.after.holds) == (5, True)
    assert "verify.files_put_back" in {step.key for step in done.steps}
    assert sorted(path.read_bytes() == b"damaged" for path in config.uploads_folder.iterdir()) == [False, True]
    found = check(config.home)
    assert (found.faults, found.stored) == ([], RESULTS)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kept_parts SET content = 'not compressed' WHERE position = 1",
        "DELETE FROM kept_parts WHERE position = 1",
        "UPDATE kept_parts SET content = NULL WHERE position = 1",
        "UPDATE kept_files SET name = NULL WHERE position = 1",
        "ALTER TABLE kept_files ALTER name TYPE INTEGER USING position",
        "UPDATE kept_files SET name = 'uploads/../../outside' WHERE position = 1",
        "UPDATE kept_files SET name = 'jobs/early/../../users.json' WHERE position = 1",
        "UPDATE kept_files SET name = '/outside' WHERE position = 1",
    ],
)
def test_a_backup_whose_files_were_tampered_with_is_refused(
    config: Config, backup: Path, own_state_folder: Path, statement: str
) -> None:
    with duckdb.connect(str(backup)) as connection:
        connection.execute(statement)
    with pytest.raises(StorageError) as caught:
        restore(Config(own_state_folder), backup)
    assert caught.value.message.key == "storage.backup_damaged"
    assert not (own_state_folder / "courselift.duckdb").exists()
    assert {path.name for path in own_state_folder.iterdir()} <= {"uploads", "jobs", "backups"}
    assert not (own_state_folder.parent / "outside").exists()


def test_a_small_part_that_swells_is_refused(config: Config, backup: Path, own_state_folder: Path) -> None:
    with duckdb.connect(str(backup)) as connection:
        bomb = zlib.compress(bytes(2**28))
        connection.execute("UPDATE kept_parts SET content = ? WHERE position = 1", [bomb])
    with pytest.raises(StorageError):
        restore(Config(own_state_folder), backup)
    assert sum(path.stat().st_size for path in own_state_folder.rglob("*") if path.is_file()) < 2**24


def test_a_backup_that_would_fill_the_disk_is_not_begun(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(config.home)
    monkeypatch.setattr("core.storage.kept_files.shutil.disk_usage", lambda _: usage._replace(free=1000))
    with Application(config, watch_jobs=False) as app:
        before = [backup.path for backup in list_backups(app)]
        with pytest.raises(StorageError) as caught:
            make_backup(app)
        assert caught.value.message.key == "storage.disk_full"
        assert [backup.path for backup in list_backups(app)] == before


def test_a_full_disk_does_not_make_a_backup_look_damaged(
    config: Config, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.storage.backup.shutil.copyfile", is_full)
    with pytest.raises(StorageError) as caught:
        restore(config, backup)
    assert caught.value.message.key == "storage.disk_full"
    monkeypatch.undo()
    assert check(config.home).faults == []


@pytest.mark.parametrize("module", ["core.storage.backup._copy_into", "core.storage.kept_files.take_out"])
def test_a_repair_on_a_full_disk_begins_no_empty_database(
    config: Config, backup: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    def is_full(*_: object) -> None:
        raise duckdb.IOException("Could not write file: No space left on device")

    config.database_path.write_bytes(b"damaged")
    with monkeypatch.context() as patched:
        patched.setattr(module, is_full)
        with pytest.raises(StorageError) as caught:
            repair(config)
    assert caught.value.message.key == "storage.disk_full"
    assert [path.read_bytes() for path in config.home.glob("courselift.duckdb*")] == [b"damaged"]
    assert repair(config).restored_from == backup
    assert check(config.home).faults == []


def test_a_repair_with_too_little_memory_leaves_a_sound_database_where_it_is(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_none(_: object) -> int:
        raise duckdb.OutOfMemoryException("failed to pin block")

    with monkeypatch.context() as patched:
        patched.setattr("core.storage.connection.read_every_row", has_none)
        with pytest.raises(StorageError) as caught:
            repair(config)
    assert caught.value.message.key == "storage.out_of_memory"
    assert [path.name for path in config.home.glob("courselift.duckdb*")] == ["courselift.duckdb"]
    assert check(config.home).faults == []


@pytest.mark.parametrize("killed_after", ["kept_files.forget", "_copy_into"])
def test_a_restore_that_was_killed_leaves_nothing_that_the_next_one_takes_up(
    config: Config, backup: Path, killed_after: str
) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from core.config import load_config\n"
        "from core.storage import backup\n"
        f"done = backup.{killed_after}\n"
        "def killed(*arguments):\n"
        "    done(*arguments)\n"
        "    os._exit(9)\n"
        f"backup.{killed_after} = killed\n"
        "backup.restore_backup(Path(sys.argv[1]), load_config().database_path)\n"
    )
    environment = {**os.environ, "COURSELIFT_HOME": str(config.home)}
    command = [sys.executable, "-c", program, str(backup)]
    assert subprocess.run(command, cwd=PROJECT_FOLDER, env=environment, timeout=60, check=False).returncode == 9
    shutil.rmtree(config.uploads_folder)
    shutil.rmtree(config.jobs_folder)
    restore(config, backup)
    found = check(config.home)
    assert (found.faults, found.stored, found.uploads) == ([], RESULTS, 1)
    assert not list(config.home.glob("*.copy*")) + list(config.home.glob("*.incoming*"))


def test_a_file_that_is_called_like_no_other_is_in_the_backup_too(config: Config, own_state_folder: Path) -> None:
    with Application(config, watch_jobs=False) as app:
        apply_catalog(app, preview_catalog(app, b"code,title\nC1,Optics\n", "catalog.2026-1학기"), name="another")
        made = make_backup(app)
    restore(Config(own_state_folder), made.path)
    assert check(own_state_folder).uploads == 2
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        assert verify(app).holds


def test_large_uploads_are_kept_part_by_part(config: Config, own_state_folder: Path) -> None:
    (upload,) = config.uploads_folder.iterdir()
    content = bytes(range(256)) * 2**15 * 5 + b"end"  # 40 MiB: ten parts and a bit
    upload.write_bytes(content)  # its name belies it; it is kept as it is all the same
    with Application(config, watch_jobs=False) as app:
        made = make_backup(app)
    restore(Config(own_state_folder), made.path)
    assert (own_state_folder / "uploads" / upload.name).read_bytes() == content
