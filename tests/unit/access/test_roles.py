from __future__ import annotations

import threading

import pytest

from core.access import actor as acting
from core.access.actor import Actor, acting_as, author, current_actor, local_actor, require, requires
from core.access.roles import Permission, Role, lowest_role
from core.access.server import is_forwarded, is_local, is_open_to_others
from core.errors import AccessError

KIM = Actor("kim", Role.REVIEWER, is_signed_in=True)


@pytest.fixture(autouse=True)
def own_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of the same process may have opened the dashboard, whose source must come back afterwards."""
    monkeypatch.setattr(acting, "_source", local_actor)


def test_each_role_may_do_all_that_the_one_before_it_may() -> None:
    viewer, reviewer, administrator = (role.permissions for role in Role)
    assert not viewer
    assert viewer < reviewer < administrator == frozenset(Permission)
    assert lowest_role(Permission.REVIEW) is Role.REVIEWER
    assert lowest_role(Permission.MANAGE_STUDENTS) is Role.ADMINISTRATOR


def test_the_person_at_this_machine_is_the_administrator() -> None:
    assert current_actor().role is Role.ADMINISTRATOR
    assert require(Permission.KEEP).may(Permission.KEEP)
    assert author("  Kim ") == "Kim"
    assert author() == current_actor().name


def test_nobody_may_do_nothing() -> None:
    acting.ask_actor_from(lambda: None)
    with pytest.raises(AccessError, match="not signed in"):
        current_actor()
    with pytest.raises(AccessError):
        require(Permission.REVIEW)


@pytest.mark.parametrize("permission", [it for it in Permission if it not in Role.REVIEWER.permissions])
def test_a_role_without_the_permission_is_told_which_one_has_it(permission: Permission) -> None:
    written = []

    @requires(permission)
    def write() -> None:
        written.append(permission)

    acting.ask_actor_from(lambda: KIM)
    with pytest.raises(AccessError, match="administrator; yours is reviewer"):
        write()
    assert not written


def test_the_name_of_whoever_signed_in_cannot_be_another_one() -> None:
    with acting_as(KIM):
        assert author("somebody else") == "kim"


def test_the_source_is_asked_in_every_thread_anew() -> None:
    acting.ask_actor_from(lambda: Actor(threading.current_thread().name, Role.VIEWER, True))
    found = []
    thread = threading.Thread(target=lambda: found.append(current_actor().name), name="second")
    thread.start()
    thread.join()
    assert (found, current_actor().name) == (["second"], threading.current_thread().name)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_hosts_of_this_machine(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "192.168.0.2", "localhost.example.org", "example.org", "*"])
def test_hosts_that_others_can_reach(host: str) -> None:
    assert not is_local(host)


def test_a_server_is_closed_only_when_its_address_and_all_its_names_are_local() -> None:
    assert not is_open_to_others("127.0.0.1", ["localhost", "127.0.0.1"])
    assert is_open_to_others("0.0.0.0", ["localhost"])
    assert is_open_to_others(None, ["localhost"])
    assert is_open_to_others("127.0.0.1", ["localhost", "courses.example.ac.kr"])
    assert is_open_to_others("127.0.0.1", [])


@pytest.mark.parametrize(
    "address", ["courses.example.ac.kr", "https://courses.example.ac.kr", "10.0.0.2:80/app", "[", ""]
)
def test_an_address_elsewhere_that_browsers_are_told_makes_a_server_open(address: str) -> None:
    assert is_open_to_others("127.0.0.1", ["localhost"], ["localhost", address])


@pytest.mark.parametrize(
    "address", ["localhost", "http://localhost:8501", "127.0.0.1:80/app", "::1", "http://[::1]:80"]
)
def test_an_address_of_this_machine_leaves_a_server_closed(address: str) -> None:
    assert not is_open_to_others("127.0.0.1", ["localhost"], [address])


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-host", "Forwarded", "Via", "X-Real-IP"])
def test_a_request_that_a_proxy_passed_on(name: str) -> None:
    assert is_forwarded(["Host", name])
    assert not is_forwarded(["Host", "Origin", "X-Streamlit-Something"])
