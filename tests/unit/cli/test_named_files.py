"""Files that somebody names with `--output`, and what else a name may stand for."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.cli.output import write_output
from core.errors import CourseLiftError


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that writing neither waits nor fails
        pool.submit(write_output, pipe, b"a,b\n").result(10)
        assert os.read(reading, 100) == b"a,b\n"
        os.close(reading)
    assert pipe.is_fifo()


def test_a_link_stays_one_and_its_file_is_written(tmp_path: Path) -> None:
    shared = tmp_path / "shared.csv"
    shared.write_bytes(b"of last term")
    (tmp_path / "link.csv").symlink_to(shared)
    write_output(tmp_path / "link.csv", b"of this term")
    assert (tmp_path / "link.csv").is_symlink()
    assert shared.read_bytes() == b"of this term"


@pytest.mark.parametrize("name", ["", "missing/file.csv"])
def test_a_folder_or_no_place_is_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(CourseLiftError) as caught:
        write_output(tmp_path / name, b"content")
    assert caught.value.message.key == "cli.cannot_write"
