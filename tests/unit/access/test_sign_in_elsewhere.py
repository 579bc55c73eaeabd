"""What strangers who guess can do to others: nothing."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from core.access import passwords, sign_in
from core.access.passwords import hash_password
from core.access.roles import Role
from core.access.sign_in import FREE_FAILURES, Doorkeeper
from core.access.users import User, UserFile
from core.errors import AccessError

PASSWORD = "correct horse battery staple"
HERE, ELSEWHERE = "10.0.0.1", "203.0.113.9"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Doorkeeper:
    """That of an installation with one person, kim, whose password costs a thousandth of the work."""
    slow = passwords._scrypt
    monkeypatch.setattr(passwords, "_scrypt", lambda text, salt, n, r, p: slow(text, salt, 2**7, r, p))
    file = UserFile(tmp_path / "users.json")
    file.add(User("kim", Role.ADMINISTRATOR, hash_password(PASSWORD)))
    return Doorkeeper(file, clock)


def fail(door: Doorkeeper, client: str, times: int = FREE_FAILURES) -> None:
    for _ in range(times):
        with pytest.raises(AccessError, match="do not belong together"):
            door.let_in("kim", "a wrong password", client)


def test_failures_of_one_address_keep_nobody_else_out(door: Doorkeeper) -> None:
    fail(door, ELSEWHERE)
    with pytest.raises(AccessError, match="again in"):
        door.let_in("kim", PASSWORD, ELSEWHERE)
    assert door.let_in("kim", PASSWORD, HERE).name == "kim"
    with pytest.raises(AccessError, match="again in"):  # and no success elsewhere ends the wait
        door.let_in("kim", PASSWORD, ELSEWHERE)


def test_the_many_addresses_of_one_home_count_as_one(door: Doorkeeper) -> None:
    for number in range(FREE_FAILURES):
        fail(door, f"2001:db8::{number}", times=1)
    with pytest.raises(AccessError, match="again in"):
        door.let_in("kim", PASSWORD, "2001:db8::ffff")
    assert door.let_in("kim", PASSWORD, "2001:db8:0:1::1").name == "kim"


def test_failures_fade(door: Doorkeeper, clock: Clock) -> None:
    fail(door, HERE)
    clock.now += sign_in._FORGET_AFTER
    fail(door, HERE)  # as often as at first, without a wait


def test_failures_that_are_not_yet_forgotten_go_on_counting(door: Doorkeeper, clock: Clock) -> None:
    fail(door, HERE)
    clock.now += sign_in._FORGET_AFTER - 1
    fail(door, HERE, times=1)
    with pytest.raises(AccessError, match="again in 61 s"):
        door.let_in("kim", PASSWORD, HERE)


def test_who_comes_when_too_many_wait_is_told_so(door: Doorkeeper) -> None:
    with ExitStack() as line:
        for number in range(sign_in._MAX_WAITING):
            last = line.enter_context(ExitStack())
            last.enter_context(door._in_line(f"198.51.100.{number}"))
        with pytest.raises(AccessError, match="Too many people"):
            door.let_in("kim", PASSWORD, HERE)
        last.close()
        fail(door, HERE, times=1)  # and gives its place back
        assert door.let_in("kim", PASSWORD, HERE).name == "kim"


def test_guesses_of_one_address_do_not_fill_the_line(door: Doorkeeper) -> None:
    with ExitStack() as line:
        for _ in range(sign_in._MAX_WAITING_EACH):
            line.enter_context(door._in_line(ELSEWHERE))
        with pytest.raises(AccessError, match="Too many people"):
            door.let_in("whatever", PASSWORD, ELSEWHERE)
        assert door.let_in("kim", PASSWORD, HERE).name == "kim"
