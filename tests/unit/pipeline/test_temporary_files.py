"""The folder for files that are being read: leftovers of dead processes go, everything else stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import PROJECT_FOLDER, Config
from core.pipeline.application import Application


def test_leftovers_go_when_the_application_opens_and_other_files_stay(own_state_folder: Path) -> None:
    folder = own_state_folder / "tmp"
    leftover = folder / "courselift-intake-left"
    leftover.mkdir(parents=True)
    (leftover / "upload").write_text("S-1")
    (folder / "openpyxl.x1y2").write_text("<row>S-1</row>")
    (folder / "mine.txt").write_text("not CourseLift's")
    with Application(Config(own_state_folder), watch_jobs=False):
        assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_opening_again_leaves_alone_what_is_being_read(own_state_folder: Path) -> None:
    with Application(Config(own_state_folder), watch_jobs=False):
        reading = own_state_folder / "tmp" / "courselift-intake-x"
        reading.mkdir(parents=True)
    with Application(Config(own_state_folder), watch_jobs=False):
        assert reading.is_dir()


def test_what_did_not_fit_into_memory_when_the_database_was_killed_goes(own_state_folder: Path) -> None:
    spilled = own_state_folder / "courselift.duckdb.tmp"
    spilled.mkdir(parents=True)
    (spilled / "duckdb_temp_storage-0.tmp").write_bytes(b"S-1")
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        assert not spilled.exists()
        app.settings.set("works", 1)


SERVER = "import app"
COMMAND = """
import runpy, sys
sys.argv = ["core", "--help"]
try:
    runpy.run_module("core", run_name="__main__")
except SystemExit:
    pass
"""


@pytest.mark.parametrize("program", [SERVER, COMMAND])
def test_dashboard_and_command_line_hold_nothing_outside_the_state_folder(own_state_folder: Path, program: str) -> None:
    """A workbook that is being written is a file for a moment, with students' numbers in it."""
    program += "\nimport tempfile\nprint(tempfile.gettempdir())"
    environment = {**os.environ, "COURSELIFT_HOME": str(own_state_folder)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_FOLDER, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == str(own_state_folder / "tmp")
