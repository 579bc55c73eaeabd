"""The database's log (WAL): it is emptied while the app runs, or it would fill the disk."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.storage import Database
from core.storage.own_files import log_length


def test_the_log_is_emptied_although_others_read_all_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.storage.connection._LONG_LOG", 2**20)  # DuckDB itself would try after 16 MiB
    stop = threading.Event()

    def read_on() -> None:
        while not stop.is_set():
            assert database.fetch("SELECT count(*) % 50000, sum(a) > 0 FROM t")[0] in ((0, True), (0, None))

    with Database(tmp_path / "busy.duckdb") as database, ThreadPoolExecutor(3) as pool:
        with database.write() as cursor:
            cursor.execute("CREATE TABLE t (a BIGINT, b VARCHAR)")
        readers = [pool.submit(read_on) for _ in range(3)]
        lengths = []
        for _ in range(5):
            with database.write() as cursor:
                cursor.execute("INSERT INTO t SELECT range + 1, random()::VARCHAR FROM range(50000)")
            lengths.append(log_length(database.path))
        stop.set()
        for reader in readers:
            reader.result()
        assert 0 in lengths
        assert database.fetch("SELECT count(*) FROM t") == [(250_000,)]


def test_nothing_keeps_an_old_snapshot_that_would_keep_the_log(tmp_path: Path) -> None:
    with Database(tmp_path / "updated.duckdb") as database, ThreadPoolExecutor(1) as reader:
        with database.write() as cursor:
            cursor.execute("CREATE TABLE t AS SELECT range AS a FROM range(5)")
        assert reader.submit(database.fetch_one, "SELECT a FROM t ORDER BY a").result() == (0,)
        with database.write() as cursor:
            cursor.execute("UPDATE t SET a = a + 1")
        with database.read() as cursor:
            cursor.execute("CHECKPOINT")
        assert log_length(database.path) == 0
