"""Damage of every kind to an installation: told by `verify`, mended by `repair` as far as anything can mend it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pytest

from core.cli.main import main
from core.config import Config
from core.errors import StorageError
from core.pipeline.application import Application
from core.pipeline.backup import list_backups, make_backup, restore
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.verify import VerifyReport, read_journals_again, repair, verify
from core.records import ItemState, JobStatus, ReviewState
from tests.faults.checker import check
from tests.faults.installation import CATALOG_FILE, EARLY, LATE, RESULTS, Installation, copy_of, make
from tests.jobs_lab import make_spec


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return make(tmp_path_factory.mktemp("installation"))


@pytest.fixture
def config(installation: Installation, tmp_path: Path) -> Config:
    return copy_of(installation.closed, tmp_path / "copy")


def open_app(config: Config) -> Application:
    return Application(config, watch_jobs=False)


def verified(config: Config) -> VerifyReport:
    with open_app(config) as app:
        return verify(app)


def keys_of(report: VerifyReport) -> set[str]:
    return {fault.key for fault in report.faults}


def change(config: Config, statement: str) -> None:
    with duckdb.connect(str(config.database_path)) as connection:
        assert connection.execute(statement).fetchall()[0][0] > 0


def use_the_backup(config: Config) -> None:
    with open_app(config) as app:
        backup = list_backups(app)[-1]
    restore(config, backup.path)


def test_a_sound_installation_holds(config: Config) -> None:
    report = verified(config)
    assert report.faults == ()
    looked_at = {each.name: each.looked_at for each in report.checks}
    assert looked_at["results"] == looked_at["items"] == RESULTS
    assert (looked_at["uploads"], looked_at["access_log"]) == (1, 2)
    assert looked_at["database"] > RESULTS


def test_an_older_database_catches_up_with_its_journals_at_the_first_tick(config: Config) -> None:
    use_the_backup(config)
    with open_app(config) as app:
        assert app.jobs.get("early").pending > 0
        assert keys_of(verify(app)) >= {"verify.results_missing", "verify.job_unknown"}
        app.job_service.tick()
        jobs = {job.job_id: job for job in app.jobs.list()}
        assert {name: (job.status, job.done) for name, job in jobs.items()} == {
            "early": (JobStatus.SUCCEEDED, EARLY),
            "late": (JobStatus.SUCCEEDED, LATE),
        }
        assert verify(app).holds
    assert check(config.home).faults == []


def test_a_lost_job_that_was_not_finished_can_be_resumed(config: Config) -> None:
    use_the_backup(config)
    journal = config.jobs_folder / "late" / "journal.log"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]))
    with open_app(config) as app:
        app.job_service.tick()
        lost = app.jobs.get("late")
        assert lost.status is JobStatus.FAILED and lost.error is not None
        assert lost.error.key == "verify.recovered_job"
        assert 0 < lost.done < LATE
        app.job_service.resume("late")
        assert app.job_service.wait("late", 60).status is JobStatus.SUCCEEDED
        assert verify(app).holds
    assert check(config.home).faults == []


def test_lost_and_altered_texts_come_back_and_decisions_stay(config: Config) -> None:
    with open_app(config) as app:
        first, second = app.enhancements.of_job("early")[:2]
        app.enhancements.decide([first.enhancement_id], ReviewState.APPROVED, "tester")
    change(config, f"UPDATE enhancements SET text = 'something else' WHERE enhancement_id = '{first.enhancement_id}'")
    change(config, f"DELETE FROM enhancements WHERE enhancement_id = '{second.enhancement_id}'")
    change(config, "UPDATE job_items SET state = 'pending' WHERE job_id = 'late' AND item_key = 'C0003'")
    assert keys_of(verified(config)) == {
        "verify.results_missing",
        "verify.results_altered",
        "verify.items_differ",
    }
    with open_app(config) as app:
        assert read_journals_again(app) == 2
        assert verify(app).holds
        mended = app.enhancements.get(first.enhancement_id)
        assert (mended.text, mended.state) == (first.text, ReviewState.APPROVED)
        assert app.jobs.item_states("late")["C0003"] is ItemState.DONE
        assert read_journals_again(app) == 0


def test_text_on_another_course_is_told_and_put_back(config: Config) -> None:
    change(config, "UPDATE enhancements SET source_hash = 'other' WHERE job_id = 'early' AND course_key = 'C0002'")
    assert keys_of(verified(config)) == {"verify.results_altered"}
    assert repair(config).after.holds


def test_a_result_that_no_journal_knows_is_told_and_kept(config: Config) -> None:
    change(
        config,
        "INSERT INTO enhancements SELECT * REPLACE ('stray' AS enhancement_id) FROM enhancements "
        "WHERE job_id = 'early' AND course_key = 'C0002'",
    )
    assert keys_of(verified(config)) == {"verify.results_strange"}
    assert keys_of(repair(config).after) == {"verify.results_strange"}


@pytest.mark.parametrize(("damage", "key"), [("change", "verify.upload_changed"), ("remove", "verify.upload_missing")])
def test_uploads_that_are_not_what_they_were_are_told(config: Config, damage: str, key: str) -> None:
    (upload,) = config.uploads_folder.iterdir()
    if damage == "change":
        upload.write_bytes(upload.read_bytes() + b"\n")
    else:
        upload.unlink()
    assert keys_of(verified(config)) == {key}


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_an_upload_that_is_imported_again_is_whole_again(config: Config, damage: str) -> None:
    (upload,) = config.uploads_folder.iterdir()
    if damage == "change":
        upload.write_bytes(b"something else")
    else:
        upload.unlink()
    with open_app(config) as app:
        catalog_id = app.catalogs.list()[0].catalog_id
        apply_catalog(app, preview_catalog(app, CATALOG_FILE, "term.csv", catalog_id=catalog_id))
        assert verify(app).holds
    assert check(config.home).faults == []


def test_the_folder_of_a_job_that_never_began_is_noted(config: Config) -> None:
    make_spec("orphan", 3).save(_made(config.jobs_folder / "orphan"))
    with open_app(config) as app:
        app.job_service.tick()
        report = verify(app)
        assert report.holds
        assert [(note.key, note.params["job"]) for each in report.checks for note in each.notes] == [
            ("verify.folder_unused", "orphan")
        ]


def test_an_upload_that_the_database_does_not_know_is_noted(config: Config) -> None:
    (config.uploads_folder / "later.csv").write_bytes(b"came after the database's last row")
    report = verified(config)
    assert report.holds
    assert [note.params["file"] for each in report.checks for note in each.notes] == ["later.csv"]


def test_a_changed_access_log_is_told(config: Config) -> None:
    change(config, "UPDATE access_log SET actor = 'nobody' WHERE sequence = 2")
    (fault,) = verified(config).faults
    assert (fault.key, fault.params["number"]) == ("verify.access_log_broken", 2)


def test_damaged_journal_lines_are_noted_and_nothing_is_lost(config: Config) -> None:
    journal = config.jobs_folder / "early" / "journal.log"
    content = bytearray(journal.read_bytes())
    content[content.index(b'"result"') + 40] ^= 1
    journal.write_bytes(content)
    report = verified(config)
    assert report.holds
    assert [note.key for each in report.checks for note in each.notes] == ["verify.lines_refused"]
    done = repair(config)
    assert done.after.holds
    with open_app(config) as app:
        assert app.jobs.get("early").done == len(app.enhancements.of_job("early")) == EARLY


def test_a_damaged_database_gives_way_to_the_newest_copy(config: Config) -> None:
    config.database_path.write_bytes(b"damaged" * 10_000)
    with pytest.raises(StorageError):
        open_app(config)
    done = repair(config)
    assert done.after.holds
    assert done.restored_from is not None and done.restored_from.parent == config.backups_folder
    assert done.set_aside is not None and done.set_aside.read_bytes() == b"damaged" * 10_000
    assert check(config.home).faults == []


def test_an_old_copy_that_was_put_into_the_folder_today_is_not_the_newest(config: Config) -> None:
    with open_app(config) as app:
        newest, (old,) = make_backup(app).path, list_backups(app)[1:]
    os.utime(old.path, (newest.stat().st_mtime + 60,) * 2)
    config.database_path.write_bytes(b"damaged" * 10_000)
    assert repair(config).restored_from == newest
    assert check(config.home).faults == []


def test_damage_that_only_reading_shows_is_mended_too(config: Config) -> None:
    damaged = _with_damaged_table(config)
    with open_app(config) as app:
        assert keys_of(verify(app)) == {"storage.damaged"}
    done = repair(config)
    assert done.after.holds
    assert done.set_aside is not None and done.set_aside.read_bytes() == damaged


def test_without_any_copy_the_journals_alone_bring_the_texts_back(config: Config) -> None:
    for backup in config.backups_folder.iterdir():
        backup.write_bytes(b"damaged too")
    config.database_path.write_bytes(b"damaged")
    done = repair(config)
    assert (done.restored_from, done.mended.jobs_read_again) == (None, 2)
    assert done.set_aside is not None and done.set_aside.read_bytes() == b"damaged"
    with open_app(config) as app:
        assert sum(len(app.enhancements.of_job(job.job_id)) for job in app.jobs.list()) == RESULTS
    assert check(config.home).faults == []


def test_the_command_says_what_is_wrong_and_mends_it(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COURSELIFT_HOME", str(config.home))
    assert main(["verify", "--lang", "en"]) == 0
    assert "Everything holds" in capsys.readouterr().out
    use_the_backup(config)
    assert main(["verify", "--json", "--lang", "en"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["holds"] and "--repair" in told["error"]
    assert main(["verify", "--repair", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["jobs_read_again"] == 2
    config.database_path.write_bytes(b"damaged")
    assert main(["verify", "--lang", "en"]) == 1
    assert "Nothing was deleted" in capsys.readouterr().err
    assert main(["verify", "--repair", "--lang", "en"]) == 0
    assert "is kept as" in capsys.readouterr().out


def test_a_database_whose_disk_is_not_there_is_not_replaced(config: Config) -> None:
    elsewhere = config.home.parent / "another disk" / "courselift.duckdb"
    config.database_path.unlink()
    config.database_path.symlink_to(elsewhere)
    with pytest.raises(StorageError) as caught:
        repair(config)
    assert caught.value.message.key == "storage.folder_unusable"
    assert config.database_path.is_symlink()


def test_a_database_that_is_in_use_is_not_repaired(config: Config) -> None:
    with open_app(config), pytest.raises(StorageError) as caught:
        repair(config)
    assert caught.value.message.key == "storage.already_open"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _with_damaged_table(config: Config) -> bytes:
    """Turn bits of table data over until the file opens and cannot be read to its end; returns its content."""
    sound = config.database_path.read_bytes()
    for offset in range(3 * 4096 + 500, len(sound), 4096):
        content = bytearray(sound)
        content[offset] ^= 0xFF
        config.database_path.write_bytes(content)
        try:
            with open_app(config) as app:
                if verify(app).faults:
                    return bytes(content)
        except StorageError:
            continue
    raise AssertionError("no such place was found")
