"""The folder for files that are being read: leftovers of dead processes go, everything else stays."""

from __future__ import annotations

from pathlib import Path

from core.config import Config
from core.pipeline.application import Application


def test_leftovers_go_when_the_application_opens_and_other_files_stay(own_state_folder: Path) -> None:
    folder = own_state_folder / "tmp"
    leftover = folder / "courselift-intake-left"
    leftover.mkdir(parents=True)
    (leftover / "upload").write_text("S-1")
    (folder / "mine.txt").write_text("not CourseLift's")
    with Application(Config(own_state_folder), watch_jobs=False):
        assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_opening_again_leaves_alone_what_is_being_read(own_state_folder: Path) -> None:
    with Application(Config(own_state_folder), watch_jobs=False):
        reading = own_state_folder / "tmp" / "courselift-intake-x"
        reading.mkdir(parents=True)
    with Application(Config(own_state_folder), watch_jobs=False):
        assert reading.is_dir()
