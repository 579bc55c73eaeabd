from __future__ import annotations

from pathlib import Path

import pytest

from core.models.manifest import MANIFEST_NAME, is_complete, read_manifest, write_manifest

ORIGIN = {"name": "small", "format": 1}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "weights.bin").write_bytes(b"12345")
    (tmp_path / "sub" / "config.json").write_text("{}")
    write_manifest(tmp_path, ORIGIN)
    return tmp_path


def test_a_fresh_folder_is_complete(folder: Path) -> None:
    assert is_complete(folder, ORIGIN)
    assert is_complete(folder, ORIGIN, check_content=True)


def test_a_missing_file_is_seen(folder: Path) -> None:
    (folder / "sub" / "config.json").unlink()
    assert not is_complete(folder, ORIGIN)


def test_a_cut_file_is_seen(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"123")
    assert not is_complete(folder, ORIGIN)


def test_a_changed_byte_is_seen_when_contents_are_checked(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"12045")
    assert is_complete(folder, ORIGIN)
    assert not is_complete(folder, ORIGIN, check_content=True)


def test_another_origin_is_not_this_model(folder: Path) -> None:
    assert not is_complete(folder, {**ORIGIN, "format": 2})


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_manifest_counts_as_none(folder: Path, content: str) -> None:
    (folder / MANIFEST_NAME).write_text(content)
    assert read_manifest(folder) is None
    assert not is_complete(folder, ORIGIN)
