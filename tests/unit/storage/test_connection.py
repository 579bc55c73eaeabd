"""The data layer under threads, other processes, errors and the end of the process."""

from __future__ import annotations

import errno
import logging
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from core.config import PROJECT_FOLDER
from core.errors import StorageError
from core.records import Student
from core.storage import Database, SettingsStore, StudentStore

SLOW_QUERY = "SELECT sum(a.range * b.range) FROM range(200000) a, range(200000) b"

HOLD_FILE = """
import sys, time
from core.storage import Database
database = Database(sys.argv[1])
print("open", flush=True)
time.sleep(float(sys.argv[2]))
"""
LEAVE_WHILE_QUERYING = """
import threading, time
from core.errors import StorageError
from core.storage import Database
database = Database(":memory:")
def query():
    try:
        database.fetch(%r)
    except StorageError:
        pass
for _ in range(2):
    threading.Thread(target=query, daemon=True).start()
time.sleep(0.3)
"""
USE_AFTER_FORK = """
import os
from core.errors import StorageError
from core.storage import Database
database = Database(":memory:")
if os.fork() == 0:
    try:
        database.fetch("SELECT 1")
    except StorageError as error:
        os._exit(7 if error.message.key == "storage.forked" else 1)
    os._exit(1)
os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, text=True, timeout=60, check=False)


def start_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=PROJECT_FOLDER, stdout=subprocess.PIPE, text=True
    )


def test_eight_threads_get_only_right_answers(database: Database) -> None:
    settings = SettingsStore(database)

    def work(thread: int) -> int:
        wrong = 0
        for number in range(250):
            rows = database.fetch("SELECT ?::INTEGER * 2, ?", [number, f"{thread}"])
            wrong += rows != [(number * 2, f"{thread}")]
            if number % 25 == 0:
                settings.set(f"{thread}-{number}", number)
                wrong += settings.get(f"{thread}-{number}") != number
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 0
    assert database.fetch_one("SELECT count(*) FROM settings") == (80,)


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    settings = SettingsStore(database)
    with pytest.raises(RuntimeError), database.write():
        settings.set("one", 1)
        raise RuntimeError
    assert settings.get("one") is None
    settings.set("two", 2)
    assert settings.get("two") == 2


def test_an_inner_write_is_part_of_the_outer_one_and_seen_by_it(database: Database) -> None:
    settings = SettingsStore(database)
    seen_by_others: list[object] = []
    with database.write():
        settings.set("one", 1)
        assert settings.get("one") == 1
        other = threading.Thread(target=lambda: seen_by_others.append(settings.get("one")))
        other.start()
        other.join()
    assert seen_by_others == [None]
    assert settings.get("one") == 1


def test_one_key_can_be_written_again_in_one_transaction(database: Database) -> None:
    settings = SettingsStore(database)
    settings.set("key", 0)
    with database.write() as cursor:
        settings.set("key", 1)
        cursor.execute("DELETE FROM settings WHERE key = 'key'")
        settings.set("key", 2)
        settings.set("key", 3)
    assert settings.get("key") == 3
    assert database.fetch_one("SELECT count(*) FROM settings") == (1,)


def test_text_that_is_not_unicode_is_refused(database: Database) -> None:
    with pytest.raises(StorageError) as caught:
        StudentStore(database).replace_all([Student("S1", department="\ud800")])
    assert caught.value.message.key == "storage.not_unicode"


def test_sql_errors_become_storage_errors_and_log_no_values(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    student_id = "-".join(["secret", "student"])
    with caplog.at_level(logging.DEBUG), pytest.raises(StorageError) as caught:
        database.fetch("SELECT ?::INTEGER", [student_id])
    assert caught.value.message.key == "storage.failed"
    shown = "".join(traceback.format_exception(caught.value))
    assert student_id not in caplog.text + str(caught.value) + shown
    assert database.fetch_one("SELECT 1") == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY settings TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.duckdb'",
        "ATTACH '{folder}/backups/../other.duckdb'",
        "EXPORT DATABASE '{folder}/export'",
        "SET threads = 8",
        "SET enable_external_access = true",
        "INSTALL vss",
        "LOAD '{folder}/x.duckdb_extension'",
    ],
)
def test_sql_reaches_nothing_outside_the_database(tmp_path: Path, statement: str) -> None:
    refused = (duckdb.PermissionException, duckdb.InvalidInputException, duckdb.CatalogException)
    with Database(tmp_path / "a.duckdb") as database, database.read() as cursor, pytest.raises(refused):
        cursor.execute(statement.format(folder=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.duckdb", "backups", "state"]


def test_python_variables_are_not_tables(database: Database) -> None:
    local_table = pa.table({"a": [1]})
    with database.read() as cursor, pytest.raises(duckdb.CatalogException):
        cursor.execute("SELECT * FROM local_table")
    assert local_table.num_rows == 1


def test_a_file_held_by_another_process_names_it(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    holder = start_python(HOLD_FILE, str(path), "60")
    try:
        assert holder.stdout and holder.stdout.readline() == "open\n"
        with pytest.raises(StorageError) as caught:
            Database(path, wait_seconds=0)
        assert caught.value.message.key == "storage.held_by_process"
        assert caught.value.message.params["pid"] == str(holder.pid)
    finally:
        holder.kill()
        holder.wait()
    Database(path).close()  # the lock died with its process


def test_opening_waits_for_another_process_to_end(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    holder = start_python(HOLD_FILE, str(path), "0.5")
    assert holder.stdout and holder.stdout.readline() == "open\n"
    with Database(path, wait_seconds=20) as database:
        assert database.fetch_one("SELECT 1") == (1,)
    assert holder.wait(timeout=10) == 0


def test_one_process_opens_a_file_once_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with Database(path):
        with pytest.raises(StorageError) as caught:
            Database(path)
        assert caught.value.message.key == "storage.already_open"
    Database(path).close()


def test_what_was_written_is_there_after_closing(tmp_path: Path) -> None:
    with Database(tmp_path / "new" / "a.duckdb") as database:
        SettingsStore(database).set("one", {"two": [3]})
    with Database(tmp_path / "new" / "a.duckdb") as database:
        assert SettingsStore(database).get("one") == {"two": [3]}


def test_closing_interrupts_running_queries_and_refuses_new_ones(database: Database) -> None:
    failures: list[str] = []

    def query() -> None:
        try:
            database.fetch(SLOW_QUERY)
        except StorageError as error:
            failures.append(error.message.key)

    threads = [threading.Thread(target=query) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    start = time.monotonic()
    database.close()
    assert time.monotonic() - start < 5
    for thread in threads:
        thread.join()
    assert failures == ["storage.closed"] * 2
    with pytest.raises(StorageError, match="closed"):
        database.fetch("SELECT 1")
    database.close()


def test_leaving_the_process_while_threads_query_aborts_nothing() -> None:
    for _ in range(3):
        left = run_python(LEAVE_WHILE_QUERYING % SLOW_QUERY)
        assert left.returncode == 0, left.stderr


def test_a_forked_child_is_refused() -> None:
    assert run_python(USE_AFTER_FORK).returncode == 7


def test_a_fatal_error_is_followed_by_a_fresh_start(tmp_path: Path) -> None:
    with Database(tmp_path / "a.duckdb") as database:
        settings = SettingsStore(database)
        settings.set("one", 1)
        with pytest.raises(StorageError) as caught, database.read():
            raise duckdb.FatalException("database has been invalidated because of a previous fatal error")
        assert caught.value.message.key == "storage.stopped"
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _: settings.get("one"), range(8))) == [1] * 8
        settings.set("two", 2)
        assert settings.get("two") == 2


@pytest.fixture
def another_disk(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one file system only")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_a_database_whose_backups_are_on_another_disk_is_written_anew(tmp_path: Path, another_disk: Path) -> None:
    (tmp_path / "backups").symlink_to(another_disk)
    with Database(tmp_path / "a.duckdb") as database:
        SettingsStore(database).set("one", 1)
        before = database.path.stat().st_ino
        database.rewrite()
        assert SettingsStore(database).get("one") == 1
        assert database.path.stat().st_ino != before
    assert [path.name for path in tmp_path.glob("a.duckdb*")] == ["a.duckdb"]
    assert list(another_disk.iterdir()) == []


def test_where_the_database_is_a_link_the_file_that_it_names_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    named = tmp_path / "elsewhere" / "b.duckdb"
    (tmp_path / "a.duckdb").symlink_to(named)
    with Database(tmp_path / "a.duckdb") as database:
        StudentStore(database).upsert([Student("CANARY-1", "Physics", 1, (), (), ())])
        database.fetch("CHECKPOINT")
        StudentStore(database).forget([StudentStore(database).id_of("CANARY-1")])
        database.rewrite()
    assert (tmp_path / "a.duckdb").is_symlink()
    assert b"CANARY-1" not in named.read_bytes()


def test_a_database_that_is_read_all_the_time_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.storage.connection._CLOSE_SECONDS", 3.0)
    is_enough = threading.Event()
    with Database(tmp_path / "a.duckdb") as database, ThreadPoolExecutor(4) as pool:

        def read_on() -> None:
            while not is_enough.is_set():
                with database.read():
                    time.sleep(0.05)

        readers = [pool.submit(read_on) for _ in range(4)]
        time.sleep(0.2)
        try:
            database.rewrite()
        finally:
            is_enough.set()
        assert [reader.result(10) for reader in readers] == [None] * 4


def test_a_database_that_another_process_got_hold_of_while_it_was_written_anew_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: object, **__: object) -> None:
        raise StorageError("storage.held_by_process", pid=1)

    with Database(tmp_path / "a.duckdb") as database:
        SettingsStore(database).set("one", 1)
        with monkeypatch.context() as patched:
            patched.setattr(Database, "_connect", held)
            for use in (database.rewrite, lambda: database.fetch("SELECT 1")):
                with pytest.raises(StorageError) as caught:
                    use()
                assert caught.value.message.key == "storage.held_by_process"
        assert SettingsStore(database).get("one") == 1


def test_a_full_disk_leaves_the_database_as_it_was_when_it_cannot_be_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Database(tmp_path / "a.duckdb") as database:
        SettingsStore(database).set("one", 1)
        monkeypatch.setattr("core.storage.connection.take_place", full)
        with pytest.raises(StorageError) as caught:
            database.rewrite()
        assert caught.value.message.key == "storage.disk_full"
        assert SettingsStore(database).get("one") == 1
        assert list(database.backups_folder.iterdir()) == []


def test_threads_that_end_leave_no_cursors(database: Database) -> None:
    for _ in range(50):
        thread = threading.Thread(target=database.fetch, args=("SELECT 1",))
        thread.start()
        thread.join()
    assert len(database._cursors) <= 2
