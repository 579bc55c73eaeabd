"""Sign-ins and changes to the people who may sign in are noted at once, and come into the access log once."""

from __future__ import annotations

import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.access import passwords
from core.access.notes import AccessNotes
from core.access.passwords import hash_password
from core.access.roles import Role
from core.access.sign_in import Doorkeeper
from core.access.users import User, UserFile
from core.errors import AccessError, StorageError
from core.storage.access_journal import AccessJournal
from core.storage.access_log import AccessLog
from core.storage.connection import Database

PASSWORD = "correct horse battery staple"


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UserFile:
    slow = passwords._scrypt
    monkeypatch.setattr(passwords, "_scrypt", lambda text, salt, n, r, p: slow(text, salt, n // 1024, r, p))
    return UserFile(tmp_path / "users.json")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AccessLog]:
    with Database(":memory:") as database:
        yield AccessLog(database, tmp_path / "access.log")


def test_every_change_to_people_is_in_the_log_once(users: UserFile, log: AccessLog) -> None:
    users.add(User("kim", Role.VIEWER, hash_password(PASSWORD)))
    users.replace(User("kim", Role.REVIEWER, hash_password(PASSWORD + "!")))
    users.remove("KIM")
    for _ in range(2):
        log.take_in(users.notes)
    entries = [(entry.action, entry.subjects, entry.reason) for entry in reversed(log.list())]
    assert entries == [
        ("user_added", ("kim",), "viewer"),
        ("user_role", ("kim",), "viewer → reviewer"),
        ("user_password", ("kim",), ""),
        ("user_removed", ("kim",), ""),
    ]
    assert all(entry.actor for entry in log.list())  # the account that the command ran under
    assert (log.first_broken(), log.missing()) == (None, [])


def test_what_was_refused_is_no_change(users: UserFile, log: AccessLog) -> None:
    users.add(User("kim", Role.VIEWER))
    for refused in (lambda: users.add(User("KIM", Role.VIEWER)), lambda: users.remove("lee")):
        with pytest.raises(AccessError):
            refused()
    log.take_in(users.notes)
    assert [entry.action for entry in log.list()] == ["user_added"]


def test_sign_ins_that_work_and_that_fail_are_noted_without_what_was_typed(
    users: UserFile, log: AccessLog, tmp_path: Path
) -> None:
    users.add(User("kim", Role.VIEWER, hash_password(PASSWORD)))
    door = Doorkeeper(users)
    door.let_in("KIM", PASSWORD)
    for name, password in (("kim", "wrong " + PASSWORD), (PASSWORD, "typed into the wrong box")):
        with pytest.raises(AccessError):
            door.let_in(name, password)
    log.take_in(users.notes)
    entries = [(entry.action, entry.subjects, entry.actor) for entry in reversed(log.list())]
    assert entries[1:] == [("sign_in", ("kim",), "kim"), ("sign_in_failed", ("kim",), ""), ("sign_in_failed", (), "")]
    kept = "".join(path.read_text() for path in tmp_path.iterdir() if path.is_file())
    assert PASSWORD not in kept and "wrong box" not in kept


def test_an_entry_taken_out_shows(users: UserFile, log: AccessLog) -> None:
    for name in ("kim", "lee", "park"):
        users.add(User(name, Role.VIEWER))
    log.take_in(users.notes)
    log._database.fetch("DELETE FROM access_log WHERE sequence = 2")
    assert (log.first_broken(), log.missing()) == (2, [2])


def test_a_disk_that_is_nearly_full_tears_no_note(tmp_path: Path) -> None:
    path = tmp_path / "people.log"
    notes = AccessNotes(path)
    notes.add("sign_in", "kim", "kim")
    with at_most(path.stat().st_size + 20), pytest.raises(AccessError, match=str(tmp_path)):
        notes.add("sign_in", "lee", "lee")
    path.write_bytes(path.read_bytes() + b'["2026-01-01T00:00:00+00:00", "sign')  # torn by a kill
    notes.add("sign_in", "park", "park")
    with notes.hand_over() as found:
        assert [note.subject for note in found] == ["kim", "park"]


def test_nobody_is_added_or_let_in_whom_the_log_would_not_know(users: UserFile, tmp_path: Path) -> None:
    users.add(User("kim", Role.VIEWER, hash_password(PASSWORD)))
    steps: list[Callable[[], object]] = [
        lambda: users.add(User("lee", Role.ADMINISTRATOR)),
        lambda: users.replace(User("kim", Role.ADMINISTRATOR)),
        lambda: users.remove("kim"),
        lambda: Doorkeeper(users).let_in("kim", PASSWORD),
    ]
    for step in steps:
        with at_most((tmp_path / "people.log").stat().st_size), pytest.raises(AccessError, match=str(tmp_path)):
            step()
    assert [(user.name, user.role) for user in users.list()] == [("kim", Role.VIEWER)]
    assert len((tmp_path / "people.log").read_text().splitlines()) == 1


def test_the_journal_of_a_disk_that_is_nearly_full_lacks_nothing_when_there_is_room_again(
    log: AccessLog, tmp_path: Path
) -> None:
    journal = tmp_path / "access.log"
    log.record("look", ["P-1"], "kim")
    with at_most(journal.stat().st_size + 20), pytest.raises(StorageError) as caught:
        log.record("delete", ["P-2"], "kim")
    assert caught.value.message.key == "storage.folder_unusable"  # a limit of sizes stands for the disk
    log.record("look", ["P-3"], "kim")
    assert len(journal.read_text().splitlines()) == 3
    assert (log.first_broken(), log.missing()) == (None, [])
    assert [values[3] for values in AccessJournal(journal).entries()] == [["P-1"], ["P-2"], ["P-3"]]


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Files of this process grow to so many bytes only: the system writes what still fits, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_torn_note_is_passed_over_and_a_failed_hand_over_repeated(tmp_path: Path) -> None:
    notes = AccessNotes(tmp_path / "home" / "people.log")
    notes.add("sign_in", "kim", "kim")
    path = tmp_path / "home" / "people.log"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(path.read_bytes() + b'["2026-01-01T00:00:00+00:00", "sign\n')
    with pytest.raises(OSError, match="disk"), notes.hand_over():
        raise OSError("disk")
    with notes.hand_over() as found:
        assert [note.subject for note in found] == ["kim"]
    with notes.hand_over() as found:
        assert found == []
