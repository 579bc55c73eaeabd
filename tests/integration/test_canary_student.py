"""A student whose number, name and interest are like nobody's: where they may appear, and that they go for good."""

from __future__ import annotations

import io
import logging
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from core.cli.main import main
from core.config import PROJECT_FOLDER, Config
from core.errors import AccessError, StorageError
from core.pipeline.application import Application
from core.pipeline.backup import make_backup, restore
from core.pipeline.embedding import start_embedding
from core.pipeline.export import ExportFormat
from core.pipeline.recommendation import recommend
from core.pipeline.replay import replay
from core.pipeline.student_access import export_all_students, export_student, find_by_number, unmask
from core.pipeline.student_deletion import delete_students, deletions, unseen_students
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.students import student_view
from core.pipeline.verify import verify
from core.records import JobKind
from core.storage.access_log import AccessLog
from tests.seeding import CATALOG, STUDENTS, seed

NUMBER, NAME, INTEREST = "CANARY-77310042", "Zebulon Quillfeather", "xylotheremin carillons"
# What a file of students may hold beside what recommendations need; the number of another office in no known form.
OTHER_COLUMNS = {
    "name": NAME,
    "Legal name": "Zebulon Q. Quillfeather-Marsh",
    "Name (English)": "ZEBULON QUILL",
    "영문명": "Q. Zebulon",
    "학번": "REGISTRY-40117",
    "GPA": "2.7193",
    "Counselling notes": "panic attacks since March",
}
SECRETS = (NUMBER, INTEREST, *OTHER_COLUMNS.values())
FILE = (
    f"student_id,department,year,interests,{','.join(OTHER_COLUMNS)}\n"
    f"{NUMBER},Physics,2,{INTEREST}; light,{','.join(OTHER_COLUMNS.values())}\n"
    f"S-1,Physics,1,light,Kim{',' * (len(OTHER_COLUMNS) - 1)}\n"
)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation where the canary was imported, got a list, was looked at, exported and backed up."""
    home = seed(tmp_path_factory.mktemp("canary"))
    with Application(Config(home)) as app:
        catalog_id = app.catalogs.list()[0].catalog_id
        apply_students(app, preview_students(app, FILE.encode(), "students.csv", catalog_id=catalog_id))
        job = start_embedding(app, catalog_id)
        assert job is not None
        app.job_service.wait(job.job_id, 60)
        recommend(app, catalog_id)
        student_id = app.students.id_of(NUMBER)
        assert unmask(app, [student_id], "advising") == {student_id: NUMBER}
        export_student(app, student_view(app, catalog_id, student_id), "en", "printed")
        assert NUMBER.encode() in export_all_students(app, catalog_id, ExportFormat.CSV, "for the office")
        make_backup(app)
    return home


@pytest.fixture
def config(lived_in: Path, own_state_folder: Path) -> Config:
    """This test's own copy of it."""
    shutil.copytree(lived_in, own_state_folder, dirs_exist_ok=True)
    return Config(own_state_folder)


def holding(folder: Path, secret: str) -> set[str]:
    """The files below `folder` with these bytes in them, links not followed."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    wanted = (secret.encode(), secret.encode("utf-16-le"))
    return {str(path.relative_to(folder)) for path in files if any(it in path.read_bytes() for it in wanted)}


def holding_rows(path: Path, secret: str) -> set[str]:
    """The tables of a database with this text in a row: DuckDB may compress what it writes."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        found = {name for name in tables if secret in str(connection.execute(f'FROM "{name}"').fetchall())}
        if "kept_parts" in tables:  # files, compressed
            parts = connection.execute("SELECT content FROM kept_parts").fetchall()
            found |= {"kept_parts" for (part,) in parts if secret.encode() in zlib.decompress(part)}
        return found


def test_a_student_is_nowhere_but_where_they_may_be(
    config: Config, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for secret in OTHER_COLUMNS.values():
        assert holding(config.home, secret) == set()
    databases = {str(path.relative_to(config.home)) for path in config.home.rglob("*.duckdb")}
    assert len(databases) == 2
    assert holding(config.home, NUMBER) == databases
    assert {path.split("/")[0] for path in holding(config.home, INTEREST)} == {"backups", "courselift.duckdb", "jobs"}
    for path in databases:
        assert holding_rows(config.home / path, NUMBER) == {"student_identities"}
        assert not any(holding_rows(config.home / path, secret) for secret in OTHER_COLUMNS.values())
        of_jobs = {"kept_parts"} if path.startswith("backups") else set()  # what was embedded, beside its vectors
        assert holding_rows(config.home / path, INTEREST) == {"students"} | of_jobs
    said = caplog.text + "".join(capfd.readouterr())
    assert not any(secret in said for secret in SECRETS)


def test_a_deleted_student_is_in_no_byte_of_the_state_folder(config: Config) -> None:
    (config.uploads_folder / "old-students.csv").write_text(FILE)  # as an earlier version kept it
    (config.home / "courselift.duckdb.20260101-000000-000000").write_text(NUMBER)  # set aside by a restore
    (config.home / "courselift.duckdb.20260101-000000-000000.wal").write_text(NUMBER)
    with Application(config, watch_jobs=False) as app:
        app.catalogs.save_upload("0" * 64, "students.csv", len(FILE), "students", "/elsewhere/old-students.csv")
        catalog_id = app.catalogs.list()[0].catalog_id
        student_id, other = app.students.id_of(NUMBER), app.students.id_of("S-1")
        run = app.recommendations.latest_run(catalog_id)
        assert run is not None
        record = delete_students(app, [student_id], "asked for it")
        assert record.finished_at is not None
        counts = [record.counts[name] for name in ("students", "uploads", "jobs")]
        assert counts == [1, 1, 2]  # the seed's students left before
        assert record.counts["places"] > 0
        assert record.counts["vectors"] >= 1
        assert replay(app, catalog_id, other).is_unaltered  # the lists of the others are still proven
        assert app.recommendations.for_student(student_id, run.run_id) == []
        assert [student.student_id for student in app.students.all()] == [other]
        report = verify(app)
        assert report.holds, report.faults
    for secret in SECRETS:
        assert holding(config.home, secret) == set()
        for path in config.home.rglob("*.duckdb"):
            assert holding_rows(path, secret) == set()
    (backup,) = config.backups_folder.glob("*")
    restore(config, backup)
    with Application(config, watch_jobs=False) as app:
        assert app.students.numbers([student_id]) == {}
        assert [entry.action for entry in app.access_log.list()] == ["delete", "export", "export", "unmask"]
        assert verify(app).holds


def test_an_older_copy_brings_no_deleted_student_back(config: Config, tmp_path_factory: pytest.TempPathFactory) -> None:
    with Application(config, watch_jobs=False) as app:
        left, run = app.students.id_of(NUMBER), app.recommendations.latest_run(app.catalogs.list()[0].catalog_id)
        assert run is not None
        downloaded = shutil.copy(make_backup(app).path, tmp_path_factory.mktemp("elsewhere"))
        delete_students(app, [left], "asked for it")
    restore(config, Path(downloaded))
    with Application(config, watch_jobs=False) as app:
        assert app.students.numbers([left]) == {}
        assert app.recommendations.for_student(left, run.run_id) == []
        assert [(it.reason, it.finished_at) for it in deletions(app)] == [("asked for it", None)]
        assert {fault.key for fault in verify(app).faults} == {"deletion.unfinished"}
    assert main(["students", "finish"]) == 0
    for secret in SECRETS:
        assert holding(config.home, secret) == set()
    with Application(config, watch_jobs=False) as app:
        assert verify(app).holds


@pytest.mark.parametrize("is_readable", [True, False])
def test_job_folders_that_the_database_does_not_know_are_deleted_too(config: Config, is_readable: bool) -> None:
    with Application(config, watch_jobs=False) as app:
        runs = {job.job_id: config.jobs_folder / job.job_id for job in app.jobs.list()}
        wrote = next(runs[job.job_id] for job in app.jobs.list(kind=JobKind.ENHANCE))
        embedded = next(folder for folder in runs.values() if holding(folder, INTEREST))
        app.jobs.forget([embedded.name])
        (embedded / "journal.log").write_bytes(b"")
        for folder in () if is_readable else (embedded, wrote):
            (folder / "job.json").write_text("{")
        delete_students(app, [app.students.id_of(NUMBER)], "asked for it")
        assert holding(config.home, INTEREST) == set()
        assert (embedded.exists(), wrote.exists()) == (False, True)


def test_a_number_that_comes_back_is_another_student(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        before = app.students.id_of(NUMBER)
        delete_students(app, [before], "asked for it")
        apply_students(app, preview_students(app, FILE.encode(), "students.csv"))
        assert app.students.id_of(NUMBER) != before


def test_those_who_have_left_are_deleted_by_age(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        left = app.students.id_of(NUMBER)
        apply_students(app, preview_students(app, b"student_id,department\nS-1,Physics\n", "next.csv"))
        assert unseen_students(app, 30) == ()
        app.database.fetch("UPDATE student_identities SET last_seen_at = last_seen_at - INTERVAL 31 DAY")
        assert left in unseen_students(app, 30)
        assert app.students.id_of("S-1") not in unseen_students(app, 30)
    assert main(["students", "delete", "--not-seen-for", "30", "--reason", "retention", "--dry-run"]) == 0
    assert main(["students", "delete", "--not-seen-for", "30", "--reason", "retention"]) == 0
    assert main(["students", "delete", "--not-seen-for", "30", "--reason", "retention"]) == 0  # nobody is left to go
    with Application(config, watch_jobs=False) as app:
        entries = app.access_log.list(limit=3)
        assert [(entry.action, left in entry.subjects) for entry in entries] == [
            ("retention", False),
            ("delete", True),
            ("retention", True),
        ]
        assert app.access_log.first_broken() is None
    for secret in SECRETS:
        assert holding(config.home, secret) == set()


def test_a_kill_in_the_middle_of_a_deletion_is_told_and_can_be_finished(config: Config) -> None:
    program = (
        "import os, sys\n"
        "from core.pipeline import student_deletion as it\n"
        "from core.pipeline.application import Application\n"
        "from core.config import load_config\n"
        "it.finish_deletions = lambda app: os._exit(9)\n"
        "app = Application(load_config(), watch_jobs=False)\n"
        f"it.delete_students(app, [app.students.id_of({NUMBER!r})], 'asked for it')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT_FOLDER, timeout=60, check=False)
    assert done.returncode == 9
    assert holding(config.home, NUMBER)
    with Application(config, watch_jobs=False) as app:
        assert deletions(app)[0].finished_at is None
        assert [fault.key for fault in verify(app).faults] == ["deletion.unfinished"]
    assert main(["students", "finish"]) == 0
    assert holding(config.home, NUMBER) == set()
    with Application(config, watch_jobs=False) as app:
        assert verify(app).holds


def test_nothing_is_deleted_that_the_access_log_does_not_take(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StorageError("storage.failed")

    with Application(config, watch_jobs=False) as app:
        student = app.students.get(app.students.id_of(NUMBER))
        monkeypatch.setattr(AccessLog, "add", refuse)
        with pytest.raises(StorageError):
            delete_students(app, [student.student_id], "asked for it")
        assert app.students.get(student.student_id) == student
        assert deletions(app) == ()
        assert verify(app).holds


def test_a_file_whose_reader_died_is_gone_when_the_application_opens(own_state_folder: Path, tmp_path: Path) -> None:
    program = (
        "import os\n"
        "from core.catalog import isolation\n"
        "from core.config import load_config\n"
        "from core.pipeline.application import Application\n"
        "from core.pipeline.student_intake import preview_students\n"
        "isolation._run_child = lambda request, seconds: os._exit(9)\n"
        "app = Application(load_config(), watch_jobs=False)\n"
        f"preview_students(app, {FILE!r}.encode(), 'students.csv')\n"
    )
    systems = tmp_path / "systems"
    systems.mkdir()
    environment = {**os.environ, "TMPDIR": str(systems)}
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT_FOLDER, env=environment, timeout=60, check=False)
    assert done.returncode == 9
    assert list(systems.iterdir()) == []
    assert holding(own_state_folder, NUMBER)
    with Application(Config(own_state_folder), watch_jobs=False):
        assert holding(own_state_folder, NUMBER) == set()


def test_nothing_is_deleted_without_a_reason_or_a_student(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        student_id = app.students.id_of(NUMBER)
        with pytest.raises(AccessError, match="why"):
            delete_students(app, [student_id], "  ")
        with pytest.raises(StorageError, match="No student"):
            delete_students(app, ["P-NOBODY"], "asked for it")
        for reason in (f"asked for by {NUMBER}.", f"학번 {NUMBER.lower()}번의 요청"):
            with pytest.raises(AccessError, match="without the number"):
                delete_students(app, [student_id], reason)
        assert app.students.get(student_id)
        assert deletions(app) == ()


def test_no_reason_keeps_a_number_in_the_access_log(config: Config) -> None:
    with Application(config, watch_jobs=False) as app:
        catalog_id, student_id = app.catalogs.list()[0].catalog_id, app.students.id_of(NUMBER)
        before, reason = len(app.access_log.list()), f"advising {NUMBER.lower()}"
        steps: list[Callable[[], object]] = [
            lambda: unmask(app, [student_id], reason),
            lambda: unmask(app, [app.students.id_of("S-1")], reason),  # of another one
            lambda: find_by_number(app, NUMBER, reason),
            lambda: find_by_number(app, f" {NUMBER}-0", f"{NUMBER}-0"),  # of nobody yet
            lambda: export_student(app, student_view(app, catalog_id, student_id), "en", reason),
            lambda: export_all_students(app, catalog_id, ExportFormat.CSV, reason),
        ]
        for step in steps:
            with pytest.raises(AccessError, match="without the number"):
                step()
        assert len(app.access_log.list()) == before
        assert find_by_number(app, NUMBER, "advising") == student_id


def test_numbers_do_not_reach_the_log_of_commands(
    own_state_folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    caplog.set_level(logging.DEBUG)
    (own_state_folder / "c.csv").write_text(CATALOG)
    (own_state_folder / "s.csv").write_text(STUDENTS.replace("S-000001", NUMBER) + f"{NUMBER},{NAME},x,{INTEREST},\n")
    assert main(["intake", "catalog", str(own_state_folder / "c.csv")]) == 0
    assert main(["intake", "students", str(own_state_folder / "s.csv")]) == 0
    assert main(["explain", "--student", NUMBER]) == 0
    assert main(["explain", "--student", f"{NUMBER}-0"]) == 1
    assert not any(secret in caplog.text for secret in SECRETS)


@pytest.mark.parametrize("interest", ["Language", INTEREST])
def test_nothing_of_a_file_without_names_of_columns_or_called_after_a_student_stays(
    config: Config, interest: str
) -> None:
    rows = f"88420042,Physics,2,{interest}\n88420043,Physics,1,light\n88420044,Physics,1,sound\n"
    with Application(config, watch_jobs=False) as app:
        apply_students(app, preview_students(app, rows.encode(), f"88420042 {NAME}.csv"))
        assert app.students.count() == 3
        delete_students(app, [app.students.id_of("88420042")], "asked for it")
    for path in config.home.rglob("*.duckdb"):
        assert not holding_rows(path, "88420042") | holding_rows(path, NAME)
