"""Numbered schema files: applied once, whole, and never backwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from core.config import PROJECT_FOLDER
from core.errors import StorageError
from core.records import Student
from core.storage import Database
from core.storage.migrations import SCHEMA_FOLDER, migrate
from core.storage.student_store import StudentStore
from core.storage.weight_store import WeightStore

TABLES = "SELECT table_name FROM duckdb_tables() WHERE table_name <> 'schema_versions' ORDER BY 1"

KILLED_WHILE_MIGRATING = """
import os, sys, threading
from pathlib import Path
import duckdb
from core.storage.migrations import migrate
connection = duckdb.connect(sys.argv[1])
threading.Timer(float(sys.argv[3]), os._exit, [9]).start()
migrate(connection, lambda version: None, Path(sys.argv[2]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "0001_first.sql").write_text("CREATE TABLE one (a INTEGER); INSERT INTO one VALUES (1);")
    return scripts


def test_each_script_is_applied_once(folder: Path) -> None:
    upgraded: list[int] = []
    with duckdb.connect() as connection:
        migrate(connection, upgraded.append, folder)
        migrate(connection, upgraded.append, folder)
        assert connection.execute("SELECT a FROM one").fetchall() == [(1,)]
    assert upgraded == []


def test_a_file_with_older_tables_is_kept_before_its_upgrade(folder: Path) -> None:
    upgraded: list[int] = []
    with duckdb.connect() as connection:
        migrate(connection, upgraded.append, folder)
        (folder / "0002_second.sql").write_text("ALTER TABLE one ADD COLUMN b VARCHAR; CREATE TABLE two (c INTEGER);")
        migrate(connection, upgraded.append, folder)
        assert connection.execute(TABLES).fetchall() == [("one",), ("two",)]
    assert upgraded == [1]


def test_a_failing_script_changes_nothing(folder: Path) -> None:
    (folder / "0002_second.sql").write_text("CREATE TABLE two (c INTEGER); CREATE TABLE one (a INTEGER);")
    with duckdb.connect() as connection:
        with pytest.raises(duckdb.CatalogException):
            migrate(connection, lambda version: None, folder)
        assert connection.execute(TABLES).fetchall() == [("one",)]


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Database(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO schema_versions VALUES (999, 'from the future')")
    with pytest.raises(StorageError) as caught:
        Database(path)
    assert caught.value.message.key == "storage.newer_schema"


def test_opening_an_older_file_leaves_a_backup_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(migrate, "__defaults__", (folder,))
    Database(tmp_path / "a.duckdb").close()
    (folder / "0002_second.sql").write_text("DROP TABLE one;")
    with Database(tmp_path / "a.duckdb") as database:
        assert database.fetch(TABLES) == []
    (backup,) = (tmp_path / "backups").iterdir()
    with duckdb.connect(str(backup)) as connection:
        assert connection.execute("SELECT a FROM one").fetchall() == [(1,)]


def test_a_kill_leaves_the_old_or_the_new_schema(tmp_path: Path, folder: Path) -> None:
    Database(tmp_path / "a.duckdb").close()
    statements = "".join(f"CREATE TABLE t{number} AS SELECT range AS a FROM range(200000);" for number in range(12))
    (folder / "0001_first.sql").write_text("SELECT 1")
    (folder / "0002_second.sql").write_text(statements)
    for number in range(5):
        path = tmp_path / f"{number}.duckdb"
        command = [sys.executable, "-c", KILLED_WHILE_MIGRATING, str(path), str(folder), str(0.02 + 0.03 * number)]
        subprocess.run(command, cwd=PROJECT_FOLDER, timeout=60, check=False)
        with duckdb.connect(str(path)) as connection:
            tables = len(connection.execute(TABLES).fetchall())
            known = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_versions'")
            versions = connection.execute("FROM schema_versions").fetchall() if known.fetchall()[0][0] else []
        assert tables == (12 if len(versions) == 2 else 0)


def test_the_shipped_scripts_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted(SCHEMA_FOLDER.glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_weight_sets_of_the_first_schema_have_no_options(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as connection:
        first = tmp_path / "first"
        first.mkdir()
        (first / "0001_first_tables.sql").write_text((SCHEMA_FOLDER / "0001_first_tables.sql").read_text())
        migrate(connection, lambda version: None, first)
        connection.execute(
            "INSERT INTO weight_sets VALUES ('w', 'c', 'Old', 1, '{\"interest\": 1.0}', '2026-03-01', 'kim', '')"
        )
    with Database(path) as database:
        (old,) = WeightStore(database).list("c")
        assert (old.name, old.options) == ("Old", {})
        new = WeightStore(database).save("c", "Old", {"interest": 1.0}, expected_version=1, options={"diversity": 0.3})
        assert WeightStore(database).get(new.weight_set_id).options == {"diversity": 0.3}


def test_numbers_of_students_leave_every_table_but_one_and_lists_stay_proven() -> None:
    connection = duckdb.connect(":memory:")
    for script in ("0001_first_tables", "0002_list_options"):
        connection.execute((SCHEMA_FOLDER / f"{script}.sql").read_text())
    connection.execute("INSERT INTO students VALUES ('20241234', 'Physics', 1, [], [], '{}', 'u')")
    for run in ("intact", "altered"):
        values = "(?, 'c', 'w', '2026-03-01', 'm', 't', 1, [], 1, 1, 'd', '')"
        connection.execute(f"INSERT INTO recommendation_runs VALUES {values}", [run])
        for student in ("20241234", "20240000"):
            connection.execute(
                "INSERT INTO recommendations VALUES (?, ?, 'MA1', 1, 0.5, [1], [0.5], [])", [run, student]
            )
    columns = "student_id, course_key, rank, score, signal_weights, contributions"
    hashed = f"sha256(string_agg(concat_ws(chr(9), {columns}), chr(10) ORDER BY student_id, rank))"
    taken = f"(SELECT {hashed} FROM recommendations AS it WHERE it.run_id = recommendation_runs.run_id)"
    connection.execute(f"UPDATE recommendation_runs SET lists_hash = {taken}")
    connection.execute("UPDATE recommendations SET score = 0.9 WHERE run_id = 'altered'")

    connection.execute((SCHEMA_FOLDER / "0003_student_identities.sql").read_text())

    numbers = connection.execute("SELECT number FROM student_identities ORDER BY number").fetchall()
    assert numbers == [("20240000",), ("20241234",)]
    kept = "SELECT count(*) FROM recommendations WHERE student_id IN (SELECT student_id FROM student_identities)"
    assert connection.execute(kept).fetchall() == [(4,)]
    assert connection.execute("SELECT student_id FROM students").fetchall()[0][0].startswith("P-")
    held = connection.execute(f"SELECT run_id, lists_hash = {taken} FROM recommendation_runs ORDER BY 1").fetchall()
    assert held == [("altered", False), ("intact", True)]


def test_other_columns_of_students_leave_and_their_traces_are_still_to_be_removed(tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.mkdir()
    for script in sorted(SCHEMA_FOLDER.glob("000*.sql")):
        (older / script.name).write_text(script.read_text())
    unfinished = {"": 0, "Minsu Kim": 1}
    for name, expected in unfinished.items():
        path = tmp_path / f"{expected}.duckdb"
        extra = f'{{"Legal name": "{name}"}}' if name else "{}"
        with duckdb.connect(str(path)) as connection:
            migrate(connection, lambda version: None, older)
            connection.execute("INSERT INTO students VALUES ('P-1', 'Physics', 1, [], [], ?, 'u', [])", [extra])
        with Database(path) as database:
            store = StudentStore(database)
            assert store.all() == [Student("P-1", "Physics", 1)]
            assert [it.finished_at for it in store.deletions()] == [None] * expected
