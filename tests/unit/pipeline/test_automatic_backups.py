"""Copies that are made by themselves, how many are kept, and what a restore does while a job runs."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.config import Config
from core.errors import CourseLiftError
from core.pipeline import application as application_module
from core.pipeline import backup as backup_module
from core.pipeline.application import Application
from core.pipeline.backup import (
    BackupFile,
    back_up_when_due,
    fuller_backup,
    keep_backups,
    list_backups,
    make_backup,
    restore,
    restore_while_open,
)
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.verify import repair, verify
from core.records import JobStatus
from core.storage.backup import create_backup
from tests.faults.checker import check
from tests.jobs_lab import make_spec

CATALOG_FILE = b"code,title,description\nC0001,Optics,\nC0002,Acoustics,Sound\n"


@pytest.fixture
def config(own_state_folder: Path) -> Config:
    return Config(own_state_folder)


def import_catalog(app: Application, name: str = "term.csv") -> None:
    apply_catalog(app, preview_catalog(app, CATALOG_FILE + name.encode() + b",Extra,\n", name))


def kinds(app: Application) -> list[str]:
    return [backup.kind for backup in list_backups(app)]


def make_older(path: Path, days: int) -> None:
    """Give a copy the name that it would have had some days ago."""
    date = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y%m%d-%H%M%S-%f")
    path.rename(path.with_name(f"automatic-{date}.duckdb"))


def test_an_import_is_backed_up_once(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        assert back_up_when_due(app) is None  # there is nothing yet
        import_catalog(app)
        made = back_up_when_due(app)
        assert made is not None and made.kind == "automatic"
        assert back_up_when_due(app) is None
        import_catalog(app, "next.csv")
        assert back_up_when_due(app) is not None


def test_links_to_copies_that_are_elsewhere_now_hold_up_no_backup(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        (config.backups_folder / "taken-away.duckdb").symlink_to(config.home / "nowhere.duckdb")
        import_catalog(app)
        assert back_up_when_due(app) is not None
        assert kinds(app) == ["automatic"]
        assert verify(app).holds


def test_a_copy_that_is_taken_away_while_they_are_listed_is_left_out(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = backup_module._describe

    def taken_away(path: Path) -> BackupFile:
        if path == going:
            path.unlink()
        return described(path)

    with Application(config, watch_jobs=False) as app:
        stays, going = make_backup(app).path, make_backup(app).path
        monkeypatch.setattr(backup_module, "_describe", taken_away)
        assert [backup.path for backup in list_backups(app)] == [stays]


def test_a_change_is_backed_up_after_a_day(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        import_catalog(app)
        make_older(make_backup(app).path, days=0)
        app.settings.set("something", 1)
        assert back_up_when_due(app) is None
        make_older(list_backups(app)[0].path, days=2)
        app.database.fetch("UPDATE uploads SET uploaded_at = uploaded_at - INTERVAL 3 DAY")
        assert back_up_when_due(app) is not None


def test_nothing_new_is_not_backed_up_again(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        import_catalog(app)
        app.database.fetch("UPDATE uploads SET uploaded_at = uploaded_at - INTERVAL 30 DAY")
        make_older(make_backup(app).path, days=5)
    long_ago = time.time() - 10 * 86400
    os.utime(config.database_path, (long_ago, long_ago))
    with Application(config, watch_jobs=False) as app:
        assert not config.database_path.with_name("courselift.duckdb.wal").exists()
        assert back_up_when_due(app) is None


def test_old_automatic_copies_go_and_those_of_people_stay(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        keep_backups(app, 2)
        make_backup(app)
        for days in (9, 8, 7):
            make_older(create_backup(app.database, "automatic"), days)
        import_catalog(app)
        newest = back_up_when_due(app)
        assert newest is not None
        assert sorted(kinds(app)) == ["automatic", "automatic", "by_hand"]
        assert newest.path in {backup.path for backup in list_backups(app)}
        with pytest.raises(CourseLiftError):
            keep_backups(app, 0)


def test_the_thread_backs_up_and_ends(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application_module, "_BACKUP_SECONDS", 0.05)
    with Application(config) as app:
        import_catalog(app)
        deadline = time.monotonic() + 20
        while not list_backups(app) and time.monotonic() < deadline:
            time.sleep(0.02)
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "backup"]
    assert not thread.is_alive()
    assert kinds(app) == ["automatic"]


def test_what_is_repeated_goes_on_after_an_error_that_nobody_expected(config: Config) -> None:
    looked = threading.Semaphore(0)

    def fail() -> None:
        looked.release()
        raise RuntimeError("nobody expected this")

    with Application(config, watch_jobs=False) as app:
        app.repeat("failing", fail, 0.01)
        assert all(looked.acquire(timeout=20) for _ in range(3))


def test_a_clock_that_was_ahead_holds_up_no_backup_and_takes_none_away(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        keep_backups(app, 1)
        import_catalog(app)
        make_older(make_backup(app).path, days=-1000)
        made = back_up_when_due(app)
        assert made is not None and made.path.exists()
        assert list_backups(app)[0].path == made.path
        app.database.fetch("UPDATE uploads SET uploaded_at = uploaded_at + INTERVAL 1000 DAY")
        assert back_up_when_due(app) is None  # once is enough for what was uploaded then
        import_catalog(app, "next.csv")
        assert back_up_when_due(app) is not None


def test_a_clock_that_was_ahead_at_a_restore_hides_no_loss(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        early = make_backup(app)
    restore(config, early.path)
    with Application(config, watch_jobs=False) as app:
        app.database.fetch("UPDATE settings SET saved_at = saved_at + INTERVAL 30 DAY WHERE key = 'restored_at'")
        assert fuller_backup(app) is None
        import_catalog(app)
        made = make_backup(app)
        assert fuller_backup(app) is None
        app.database.fetch("DELETE FROM imports")
        found = fuller_backup(app)
        assert found is not None and found.path == made.path


def test_another_application_counts_changes_from_elsewhere(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        app.mark_changed()
        before = app.changes
    with Application(config, watch_jobs=False) as app:
        assert app.changes > before  # or what a page keeps from before a restore would pass for what is there now


def test_what_a_restore_replaced_can_be_put_back(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        early = make_backup(app)
        import_catalog(app)
    restore(config, early.path)
    with Application(config, watch_jobs=False) as app:
        assert app.catalogs.list() == []
        replaced = next(backup for backup in list_backups(app) if backup.kind == "before_restore")
        assert fuller_backup(app) is None  # this was meant
        assert verify(app).holds
    restore(config, replaced.path)
    with Application(config, watch_jobs=False) as app:
        assert len(app.catalogs.list()) == 1


def test_a_restore_while_a_job_runs_leaves_nothing_out(config: Config) -> None:
    with Application(config) as app:
        import_catalog(app)
        service = app.job_service
        job_id = service.start(make_spec("running", 60, "delay=0.05")).job_id
        while service.wait(job_id, 0.1).done < 8:
            pass
        made = make_backup(app)
        while service.wait(job_id, 0.1).done < 24:
            pass
        restore_while_open(app, made.path)
    with Application(config) as app:
        assert app.jobs.get(job_id).status is JobStatus.RUNNING
        job = app.job_service.wait(job_id, 60)
        assert (job.status, job.done) == (JobStatus.SUCCEEDED, 60)
        assert verify(app).holds
    ledger = check(config.home)
    assert ledger.faults == []
    assert (ledger.stored, ledger.redone) == (60, 0)  # the same worker went on


def test_a_job_that_began_after_the_backup_is_adopted_after_the_restore(config: Config) -> None:
    with Application(config) as app:
        made = make_backup(app)
        job_id = app.job_service.start(make_spec("later", 60, "delay=0.05")).job_id
        while app.job_service.wait(job_id, 0.1).done < 8:
            pass
        restore_while_open(app, made.path)
    with Application(config) as app:
        deadline = time.monotonic() + 30
        while not app.jobs.list() and time.monotonic() < deadline:
            time.sleep(0.05)
        job = app.job_service.wait(job_id, 60)
        assert (job.status, job.done) == (JobStatus.SUCCEEDED, 60)
    ledger = check(config.home)
    assert ledger.faults == []
    assert ledger.redone == 0


def test_a_cut_log_that_lost_a_catalog_is_told_and_mended(config: Config, tmp_path: Path) -> None:
    with Application(config, watch_jobs=False) as app:
        app.database.fetch("CHECKPOINT")
        import_catalog(app)
        back_up_when_due(app)
        files = [path.read_bytes() for path in _copied(config, tmp_path)]
    config.database_path.write_bytes(files[0])
    config.database_path.with_name("courselift.duckdb.wal").write_bytes(files[1][: len(files[1]) // 8])
    with Application(config, watch_jobs=False) as app:
        assert app.catalogs.list() == []
        assert "verify.backup_knows_more" in {fault.key for fault in verify(app).faults}
    done = repair(config)
    assert done.was_readable and done.restored_from is not None
    assert done.after.holds
    assert "verify.restored_fuller" in {step.key for step in done.steps}
    with Application(config, watch_jobs=False) as app:
        assert len(app.catalogs.list()) == 1


def _copied(config: Config, folder: Path) -> tuple[Path, Path]:
    """The database and its log as they are now. Another process copies: reading them here would drop the lock."""
    names = ("courselift.duckdb", "courselift.duckdb.wal")
    subprocess.run(["cp", *(str(config.home / name) for name in names), str(folder)], check=True)
    return folder / names[0], folder / names[1]
