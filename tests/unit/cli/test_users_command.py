from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from core.access.roles import Role
from core.access.sign_in import Doorkeeper
from core.access.users import UserFile
from core.cli.main import main

PASSWORD = "correct horse battery staple"


@pytest.fixture
def file(own_state_folder: Path) -> UserFile:
    return UserFile(own_state_folder / "users.json")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main(["users", *arguments, "--lang", "en"])


def test_a_person_is_added_with_a_password_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, file: UserFile, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "kim", "--role", "reviewer", typed=f"{PASSWORD}\n") == 0
    assert Doorkeeper(file).let_in("kim", PASSWORD).role is Role.REVIEWER
    assert PASSWORD not in "".join(capsys.readouterr())
    assert run(monkeypatch, "password", "kim", typed=f"another {PASSWORD}\n") == 0
    assert Doorkeeper(file).let_in("kim", f"another {PASSWORD}").role is Role.REVIEWER


def test_a_password_is_never_taken_from_the_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(monkeypatch, "add", "kim", "--role", "reviewer", "--password", PASSWORD)


def test_nobody_is_added_without_a_good_password(monkeypatch: pytest.MonkeyPatch, file: UserFile) -> None:
    assert run(monkeypatch, "add", "kim", "--role", "reviewer") == 1
    assert run(monkeypatch, "add", "kim", "--role", "reviewer", typed="short\n") == 1
    assert file.list() == ()


def test_roles_change_and_people_leave(
    monkeypatch: pytest.MonkeyPatch, file: UserFile, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "lee@example.ac.kr", "--role", "viewer", "--no-password") == 0
    assert run(monkeypatch, "role", "lee@example.ac.kr", "--role", "administrator") == 0
    assert run(monkeypatch, "add", "kim", "--role", "viewer", "--no-password") == 0
    capsys.readouterr()
    assert run(monkeypatch, "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["users"] == [
        {"name": "kim", "role": "viewer", "way": "institution"},
        {"name": "lee@example.ac.kr", "role": "administrator", "way": "institution"},
    ]
    assert run(monkeypatch, "remove", "lee@example.ac.kr") == 1  # who else could change anything?
    assert run(monkeypatch, "role", "lee@example.ac.kr", "--role", "viewer") == 1
    assert run(monkeypatch, "remove", "kim") == 0
    assert run(monkeypatch, "remove", "lee@example.ac.kr") == 0
    assert file.list() == ()
