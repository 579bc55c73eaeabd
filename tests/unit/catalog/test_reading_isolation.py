import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from core.catalog.isolation import KEEP_FREE, _run_child, read_table_isolated
from core.catalog.reading import DEFAULT_LIMITS, read_table
from core.catalog.tables import Table
from core.catalog.transfer import error_to_line, read_result, table_to_lines
from core.config import DATA_FOLDER, PROJECT_FOLDER
from core.errors import IntakeError
from core.records import Message


@pytest.mark.parametrize("name", ["ko_free_courses.csv", "ko_snu_2016_lectures.json"])
def test_the_child_reads_what_the_parser_reads(name):
    path = DATA_FOLDER / name
    assert read_table_isolated(path, name) == read_table(path.read_bytes(), name)
    assert read_table_isolated(path.read_bytes(), name) == read_table_isolated(path, name)


def test_problems_and_odd_characters_come_through():
    content = 'title,code\n"a\nb",1\n\u2028가😀,2\nx "y\n"bad" z,3\nlast,4\n'.encode()
    assert read_table_isolated(content, "x.csv") == read_table(content, "x.csv")
    assert read_table_isolated(content, "x.csv").problems


@pytest.mark.parametrize("name", ["x.csv", "../../../etc/passwd", "a\0b.csv", "\udcff.csv", "-c import os", "x" * 5000])
def test_the_name_of_an_upload_is_never_a_path(name):
    assert read_table_isolated(b"title\nRobots\n", name).rows == (("Robots",),)


def test_the_sentence_of_the_child_reaches_the_caller():
    with pytest.raises(IntakeError, match="This is a PDF"):
        read_table_isolated(b"%PDF-1.7\n", "courses.csv")


def test_a_child_that_needs_too_much_memory_is_a_sentence():
    limits = replace(DEFAULT_LIMITS, memory_bytes=200 * 1024 * 1024)
    content = b"title,code\n" + b"abcdefgh,1\n" * 3_000_000
    with pytest.raises(IntakeError, match="too large for this machine"):
        read_table_isolated(content, "x.csv", replace(limits, max_rows=10_000_000, max_cells=10**9))


def test_a_child_that_takes_too_long_is_a_sentence():
    content = b"title,code\n" + b"abcdefgh,1\n" * 500_000
    limits = replace(DEFAULT_LIMITS, seconds=0.2, max_rows=10_000_000)
    with pytest.raises(IntakeError, match="too large for this machine"):
        read_table_isolated(content, "x.csv", limits)


def test_a_child_that_writes_too_much_is_a_sentence():
    content = b"title,code\n" + b"abcdefgh,1\n" * 1_000
    with pytest.raises(IntakeError, match="too large for this machine"):
        read_table_isolated(content, "x.csv", replace(DEFAULT_LIMITS, result_bytes=1_000))


def test_reading_leaves_space_for_the_database(monkeypatch, tmp_path):
    content = b"a,b\n" + b"1,2\n" * 1_000  # what was read takes several times as much
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=KEEP_FREE + 2 * len(content)))
    with pytest.raises(IntakeError, match="too large for this machine"):
        read_table_isolated(content, "x.csv", folder=tmp_path / "own")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=KEEP_FREE + len(content)))
    with pytest.raises(OSError, match="No space left"):
        read_table_isolated(content, "x.csv", folder=tmp_path / "own")
    assert list((tmp_path / "own").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_the_child_tells_of_a_full_disk(tmp_path):
    (tmp_path / "upload").write_bytes(b"title\nRobots\n")
    request = {"path": str(tmp_path / "upload"), "result": "/dev/full", "name": "x.csv"}
    with pytest.raises(OSError, match="No space left"):
        _run_child(json.dumps(request | {"limits": asdict(DEFAULT_LIMITS)}), DEFAULT_LIMITS.seconds)


def test_a_lower_limit_of_the_account_stays_and_takes_none_of_the_others_away():
    code = (
        "import resource\n"
        "from core.catalog import reader_process, reading\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "reader_process._limit_resources(reading.DEFAULT_LIMITS)\n"
        "print(resource.getrlimit(resource.RLIMIT_FSIZE), resource.getrlimit(resource.RLIMIT_AS)[0])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f"(4096, 4096) {DEFAULT_LIMITS.memory_bytes}"


def test_a_file_beyond_the_size_limit_does_not_reach_the_child(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    with pytest.raises(IntakeError, match="larger than 0 MiB"):
        read_table_isolated(b"title\nx\n", "x.csv", replace(DEFAULT_LIMITS, max_bytes=3))


def test_a_result_that_was_cut_off_is_noticed():
    table = Table(("a",), (("1",), ("2",)), (2, 3))
    lines = list(table_to_lines(table))
    assert read_result(lines) == table
    with pytest.raises(ValueError, match="incomplete"):
        read_result(lines[:-1])
    with pytest.raises(ValueError):
        read_result([])
    with pytest.raises(IntakeError, match="is empty"):
        read_result([error_to_line(Message("intake.error.empty"))])


def test_the_child_starts_light():
    heavy = "{'numpy', 'pandas', 'torch', 'duckdb', 'streamlit', 'openpyxl', 'hypothesis'}"
    code = f"import sys, core.catalog.reader_process; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
