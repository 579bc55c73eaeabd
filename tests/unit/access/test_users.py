from __future__ import annotations

import json
import stat
import threading
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.access import passwords
from core.access.passwords import PasswordHash, hash_password
from core.access.roles import Role
from core.access.sign_in import FREE_FAILURES, Doorkeeper
from core.access.users import User, UserFile
from core.errors import AccessError

ENDLESS = "a" + "\u0300\u0315" * 10**6
PASSWORD = "네 개의 낱말 correct horse"
QUICK = PasswordHash("", "").n // 2**10


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """scrypt with a thousandth of the work."""
    slow = passwords._scrypt
    monkeypatch.setattr(passwords, "_scrypt", lambda text, salt, n, r, p: slow(text, salt, QUICK, r, p))


@pytest.fixture
def file(tmp_path: Path) -> UserFile:
    return UserFile(tmp_path / "state" / "users.json")


def test_a_password_costs_what_the_guideline_asks_for() -> None:
    kept = hash_password(PASSWORD)
    assert (kept.n, kept.r, kept.p) == (2**17, 8, 1)
    assert kept.fits(PASSWORD)
    assert not kept.fits(PASSWORD + " ")


def test_equal_passwords_are_kept_differently(quick: None) -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first.salt != second.salt
    assert first.hash != second.hash


def test_a_password_typed_on_another_system_is_the_same_one(quick: None) -> None:
    composed, decomposed = "한국어로 된 긴 비밀번호입니다", "한국어로 된 긴 비밀번호입니다"
    assert hash_password(composed).fits(unicodedata.normalize("NFD", decomposed))


@pytest.mark.parametrize("password", ["", "short", "x" * 14, "x" * 257])
def test_passwords_of_the_wrong_length_are_refused(password: str) -> None:
    with pytest.raises(AccessError, match="15 to 256"):
        hash_password(password)


@pytest.mark.parametrize(("name", "password"), [("kim", ENDLESS), (ENDLESS, PASSWORD)])
def test_no_more_of_a_guess_is_normalised_than_names_and_passwords_can_be_long(
    file: UserFile, quick: None, monkeypatch: pytest.MonkeyPatch, name: str, password: str
) -> None:
    """Putting accents in order takes the square of their number, and no other thread runs meanwhile."""
    normalised: list[int] = []
    normalize = unicodedata.normalize

    def count(form: str, text: str) -> str:
        normalised.append(len(text))
        return normalize(form, text[:10])

    monkeypatch.setattr(unicodedata, "normalize", count)
    with pytest.raises(AccessError):
        Doorkeeper(file).let_in(name, password)
    assert max(normalised) <= 4 * passwords.MAX_LENGTH


@pytest.mark.parametrize("syllable", ["각", "\u1f82"])
def test_the_longest_password_is_the_same_one_typed_in_parts(quick: None, syllable: str) -> None:
    whole = syllable * passwords.MAX_LENGTH
    assert hash_password(whole).fits(unicodedata.normalize("NFD", whole))


def test_only_this_account_can_read_the_file_and_no_password_is_in_it(file: UserFile, quick: None) -> None:
    file.add(User("Kim", Role.REVIEWER, hash_password(PASSWORD)))
    path = file._path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert [each.name for each in path.parent.iterdir() if "json." in each.name and "lock" not in each.name] == []


def test_users_come_back_by_any_spelling_of_their_name(file: UserFile, quick: None) -> None:
    kim = User("Kim@Example.ac.kr", Role.VIEWER)
    file.add(kim)
    assert file.find(" kim@example.AC.KR ") == kim
    with pytest.raises(AccessError, match="already"):
        file.add(replace(kim, name="KIM@example.ac.kr"))
    file.replace(replace(kim, role=Role.ADMINISTRATOR))
    assert [user.role for user in file.list()] == [Role.ADMINISTRATOR]
    file.remove("kim@example.ac.kr")
    assert file.list() == ()
    with pytest.raises(AccessError, match="no user"):
        file.remove("kim@example.ac.kr")


@settings(max_examples=50, deadline=None)
@given(name=st.text(max_size=200))
def test_every_name_is_kept_or_refused_with_a_sentence(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    file = UserFile(tmp_path_factory.mktemp("users") / "users.json")
    try:
        file.add(User(name, Role.VIEWER))
    except AccessError:
        assert file.list() == ()
    else:
        assert [user.name for user in file.list()] == [name]


DAMAGED = [
    "",
    "{",
    "[]",
    '{"users": [{"name": "x"}]}',
    '{"users": [{"name": "x", "role": "god", "password": null}]}',
    '{"users": [{"name": 1, "role": "viewer", "password": null}]}',
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_lets_nobody_in_and_is_left_alone(file: UserFile, content: str) -> None:
    file._path.parent.mkdir(exist_ok=True)
    file._path.write_text(content)
    with pytest.raises(AccessError, match="cannot be read"):
        Doorkeeper(file).let_in("x", PASSWORD)
    with pytest.raises(AccessError):
        file.add(User("kim", Role.VIEWER))
    assert file._path.read_text() == content


def test_people_added_at_the_same_time_are_all_kept(file: UserFile) -> None:
    threads = [threading.Thread(target=file.add, args=(User(f"user {n}", Role.VIEWER),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(file.list()) == len(json.loads(file._path.read_text())["users"]) == 8


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_right_password_opens_the_door(file: UserFile, quick: None) -> None:
    file.add(User("Kim", Role.REVIEWER, hash_password(PASSWORD)))
    assert Doorkeeper(file).let_in("kim", PASSWORD).role is Role.REVIEWER


@pytest.mark.parametrize("name", ["kim", "nobody", "institution"])
def test_who_guesses_waits_ever_longer_whether_the_name_exists_or_not(file: UserFile, quick: None, name: str) -> None:
    file.add(User("kim", Role.REVIEWER, hash_password(PASSWORD)))
    file.add(User("institution", Role.REVIEWER))
    clock = Clock()
    door = Doorkeeper(file, clock)
    for _ in range(FREE_FAILURES):
        with pytest.raises(AccessError, match="do not belong together"):
            door.let_in(name, "a wrong password")
    with pytest.raises(AccessError, match="again in 31 s"):
        door.let_in(name, PASSWORD)
    clock.now = 31.0
    with pytest.raises(AccessError, match="do not belong together"):
        door.let_in(name, "a wrong password")
    clock.now = 80.0
    with pytest.raises(AccessError, match="again in 12 s"):
        door.let_in(name, PASSWORD)


def test_after_the_wait_the_right_password_counts_again(file: UserFile, quick: None) -> None:
    file.add(User("kim", Role.REVIEWER, hash_password(PASSWORD)))
    clock = Clock()
    door = Doorkeeper(file, clock)
    for _ in range(FREE_FAILURES):
        with pytest.raises(AccessError):
            door.let_in("kim", "a wrong password")
    clock.now = 31.0
    assert door.let_in("kim", PASSWORD).name == "kim"
    with pytest.raises(AccessError, match="do not belong together"):
        door.let_in("kim", "a wrong password")
