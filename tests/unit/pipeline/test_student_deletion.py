"""Deletions that meet an older database, or runs that are being started."""

from __future__ import annotations

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from core.config import Config
from core.errors import StorageError
from core.jobs.spec import SPEC_FILE, JobSpec
from core.pipeline.application import Application
from core.pipeline.backup import make_backup, restore
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.status import overview
from core.pipeline.student_deletion import delete_students, deletions, finish_deletions
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.verify import repair, verify
from core.records import Job, JobKind, JobStatus
from core.storage.backup import create_backup, restore_backup
from core.storage.connection import Database
from core.storage.student_store import StudentStore
from tests.jobs_lab import make_spec


@pytest.fixture
def put_back_by_hand(own_state_folder: Path, catalog_file: bytes, student_file: bytes) -> tuple[Config, str]:
    """A state folder with the database of before a deletion, and the pseudonym of who was deleted."""
    config = Config(own_state_folder)
    with Application(config, watch_jobs=False) as app:
        catalog_id = apply_catalog(app, preview_catalog(app, catalog_file, "c.csv")).catalog_id
        apply_students(app, preview_students(app, student_file, "s.csv", catalog_id=catalog_id))
    copy = shutil.copy(config.database_path, own_state_folder.parent / "copy.duckdb")
    with Application(config, watch_jobs=False) as app:
        left = app.students.id_of("S1")
        delete_students(app, [left], "asked for it")
    shutil.copy(copy, config.database_path)
    return config, left


def test_an_older_database_put_back_by_hand_keeps_no_deleted_student(put_back_by_hand: tuple[Config, str]) -> None:
    config, left = put_back_by_hand
    with Application(config, watch_jobs=False) as app:
        assert app.students.numbers([left]) == {}
        assert {fault.key for fault in verify(app).faults} == {"deletion.unfinished"}
        assert overview(app).next_steps[0].message.key == "pipeline.next.finish_deletion"
    assert {fault.key for fault in repair(config).after.faults} == {"deletion.unfinished"}
    with Application(config, watch_jobs=False) as app:
        assert [(it.reason, it.finished_at) for it in deletions(app)] == [("asked for it", None)]
        finish_deletions(app)
        assert verify(app).holds


def test_a_deletion_that_was_killed_before_the_journal_had_it_is_known_after_a_restore(
    own_state_folder: Path, catalog_file: bytes, student_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: Application) -> None:
        raise KeyboardInterrupt

    config = Config(own_state_folder)
    with Application(config, watch_jobs=False) as app:
        catalog_id = apply_catalog(app, preview_catalog(app, catalog_file, "c.csv")).catalog_id
        apply_students(app, preview_students(app, student_file, "s.csv", catalog_id=catalog_id))
        older, left = make_backup(app).path, app.students.id_of("S1")
        monkeypatch.setattr("core.pipeline.student_deletion.finish_deletions", killed)
        with pytest.raises(KeyboardInterrupt):
            delete_students(app, [left], "asked for it")
    restore(config, older)
    with Application(config, watch_jobs=False) as app:
        assert app.students.numbers([left]) == {}
        assert [(it.reason, it.finished_at) for it in deletions(app)] == [("asked for it", None)]


def test_a_deletion_that_comes_while_another_is_finished_stays_to_be_finished(
    app: Application, students: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = app.students.id_of("S1"), app.students.id_of("S2")

    def make_and_delete_another(database: Database) -> Path:
        made = create_backup(database)
        if app.students.numbers([second]):
            with monkeypatch.context() as killed:
                killed.setattr("core.pipeline.student_deletion.finish_deletions", lambda _: None)
                delete_students(app, [second], "came meanwhile")
        return made

    monkeypatch.setattr("core.pipeline.student_deletion.create_backup", make_and_delete_another)
    delete_students(app, [first], "came first")
    assert {it.reason: it.finished_at is None for it in deletions(app)} == {
        "came first": False,
        "came meanwhile": True,
    }


def test_two_deletions_are_finished_one_after_the_other(
    app: Application, students: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by = []

    def make_slowly(database: Database) -> Path:
        made_by.append(threading.get_ident())
        time.sleep(0.2)
        return create_backup(database)

    monkeypatch.setattr("core.pipeline.student_deletion.create_backup", make_slowly)
    ids = [app.students.id_of(number) for number in ("S1", "S2")]
    with ThreadPoolExecutor(2) as pool:
        records = list(pool.map(lambda student_id: delete_students(app, [student_id], f"asked by {student_id}"), ids))
    assert [(it.reason, it.finished_at is None) for it in records] == [(f"asked by {it}", False) for it in ids]
    assert made_by[0] == made_by[1] != made_by[2] == made_by[3]
    assert verify(app).holds


def test_an_older_database_in_which_nothing_can_be_deleted_again_is_not_opened(
    put_back_by_hand: tuple[Config, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise StorageError("storage.failed")

    config, left = put_back_by_hand
    with monkeypatch.context() as patched:
        patched.setattr(StudentStore, "forget", fail)
        for opening in (repair, partial(Application, watch_jobs=False)):
            with pytest.raises(StorageError) as caught:
                opening(config)
            assert caught.value.message.key == "storage.failed"  # and not that the database is still open
    with Application(config, watch_jobs=False) as app:
        assert app.students.numbers([left]) == {}


def test_a_restore_that_was_killed_before_it_deleted_again_shows_no_deleted_student(
    own_state_folder: Path, app: Application, students: int
) -> None:
    copy, left = make_backup(app).path, app.students.id_of("S1")
    kept = shutil.copy(copy, own_state_folder.parent / "kept.duckdb")
    delete_students(app, [left], "asked for it")
    app.close()
    restore_backup(Path(kept), app.config.database_path)  # the first of the two steps of a restore
    with Application(app.config, watch_jobs=False) as opened:
        assert opened.students.numbers([left]) == {}
        assert not opened.access_log.missing()


@pytest.mark.parametrize("kind", [JobKind.ENHANCE, JobKind.LIFT])
def test_the_damaged_folder_of_a_run_about_descriptions_stays(app: Application, students: int, kind: JobKind) -> None:
    job = Job("about-courses", kind, "c", JobStatus.FAILED, {}, "settings", datetime.now(UTC), 1)
    app.jobs.create(job, ["MA1"])
    damaged = app.config.jobs_folder / job.job_id / SPEC_FILE
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    delete_students(app, [app.students.id_of("S1")], "asked for it")
    assert damaged.read_text() == "{"
    assert app.jobs.get(job.job_id).kind is kind


def test_a_deletion_waits_for_a_run_that_is_being_started(
    app: Application, students: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, has_begun, is_deleted = make_spec(count=1), threading.Event(), threading.Event()
    save = JobSpec.save

    def save_slowly(self: JobSpec, folder: Path) -> None:
        has_begun.set()
        is_deleted.wait(0.5)  # its folder is there and has no file yet
        save(self, folder)

    monkeypatch.setattr(JobSpec, "save", save_slowly)
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(app.job_service.start, spec)
        assert has_begun.wait(10)
        delete_students(app, [app.students.id_of("S1")], "asked for it")
        is_deleted.set()
        assert started.result(30).job_id == spec.job_id
    assert JobSpec.load(app.config.jobs_folder / spec.job_id) == spec
    assert app.job_service.wait(spec.job_id, 60).status is JobStatus.SUCCEEDED
