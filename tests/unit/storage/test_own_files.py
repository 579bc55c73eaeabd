"""The folders of a database: made when missing, named when that fails, and closed to other accounts."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import StorageError
from core.storage import Database


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError) as caught:
        Database(tmp_path / "file" / "a.duckdb")
    assert str(tmp_path / "file") in str(caught.value)


def test_only_this_account_may_enter_the_folder(tmp_path: Path) -> None:
    with Database(tmp_path / "home" / "a.duckdb"):
        assert (tmp_path / "home").stat().st_mode & 0o077 == 0


@pytest.fixture
def ordinary_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_folder_that_something_else_made_first_is_closed_to_others_too(tmp_path: Path, ordinary_umask: None) -> None:
    home = tmp_path / "home"
    (home / "models").mkdir(parents=True)
    assert home.stat().st_mode & 0o077
    Database(home / "courselift.duckdb", backups_folder=home / "backups").close()
    assert not home.stat().st_mode & 0o077


def test_a_folder_that_all_accounts_share_stays_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    Database(shared / "courselift.duckdb").close()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777


def test_a_disk_that_knows_no_modes_is_used_all_the_same(
    tmp_path: Path, ordinary_umask: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    home = tmp_path / "home"
    home.mkdir(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    with Database(home / "courselift.duckdb") as database:
        assert database.fetch_one("SELECT 1") == (1,)
    assert [record.levelname for record in caplog.records if str(home) in record.getMessage()] == ["WARNING"]
