"""Checks a name and a password, and slows down those who guess.

After five failures in a row a name has to wait 30 seconds, then twice as long after each further one, up to an hour,
as NIST SP 800-63B-4, section 3.2.2, suggests. A name that nobody has is treated in the same way and takes as long.
Failures count for the address that they came from, so that nobody can keep somebody else out, and are forgotten after
a quiet time. Guesses from many addresses are held back by one check at a time for all, for which nobody's guesses may
fill the queue.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from threading import Lock

from core.access.passwords import PasswordHash
from core.access.users import User, UserFile, name_key
from core.errors import AccessError

FREE_FAILURES = 5
_FIRST_WAIT = 30.0  # seconds
_LONGEST_WAIT = 3600.0
_FORGET_AFTER = 24 * 3600.0  # without a further failure
_MAX_KEPT = 10_000  # names and addresses remembered; the longest quiet are forgotten first
_MAX_WAITING = 20  # half a second each
_MAX_WAITING_EACH = 10  # from one address
_NOBODY = PasswordHash("00" * 16, "00" * 32)

_Key = tuple[str, str]  # a name, and the network where somebody gives it


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int = 0
    wait_until: float = 0.0  # by the monotonic clock
    last: float = 0.0


class Doorkeeper:
    """Lets people in, and notes who was and who was not. One a process; threads may share it."""

    def __init__(self, users: UserFile, clock: Callable[[], float] = time.monotonic) -> None:
        self._users = users
        self._clock = clock
        self._failures: dict[_Key, _Failures] = {}
        self._waiting: Counter[str] = Counter()  # by network
        self._counting = Lock()
        self._one_at_a_time = Lock()  # a guess costs 128 MiB: many at once would cost the machine

    def let_in(self, name: str, password: str, client: str = "") -> User:
        """The user whose name and password these are, given at this network address ("": unknown, or this machine).

        Raises AccessError when they do not fit, without saying which, when the name has to wait at this address, or
        when too many people wait already.
        """
        network = _network(client)
        with self._in_line(network), self._one_at_a_time:
            return self._check(name, password, (name_key(name), network))

    @contextmanager
    def _in_line(self, network: str) -> Iterator[None]:
        with self._counting:
            if self._waiting.total() >= _MAX_WAITING or self._waiting[network] >= _MAX_WAITING_EACH:
                raise AccessError("access.busy")
            self._waiting[network] += 1
        try:
            yield
        finally:
            with self._counting:
                self._waiting[network] -= 1
                self._waiting = +self._waiting  # without those of whom nobody waits

    def _check(self, name: str, password: str, key: _Key) -> User:
        past, now = self._failures.get(key, _Failures()), self._clock()
        if now < past.wait_until:
            raise AccessError("access.wait", seconds=int(past.wait_until - now) + 1)
        user = self._users.find(name)
        kept = user.password if user is not None else None
        if not (kept or _NOBODY).fits(password) or user is None or kept is None:
            self._note_failure(key, past.count + 1 if now - past.last < _FORGET_AFTER else 1)
            self._users.notes.add("sign_in_failed", user.name if user is not None else "")
            raise AccessError("access.wrong")
        self._failures.pop(key, None)
        self._users.notes.add("sign_in", user.name, user.name)
        return user

    def _note_failure(self, key: _Key, count: int) -> None:
        beyond, now = count - FREE_FAILURES, self._clock()
        wait = min(_FIRST_WAIT * 2.0 ** min(beyond, 20), _LONGEST_WAIT) if beyond >= 0 else 0.0
        self._failures.pop(key, None)
        self._failures[key] = _Failures(count, now + wait, now)
        while len(self._failures) > _MAX_KEPT:
            self._failures.pop(next(iter(self._failures)))


def _network(client: str) -> str:
    """What one person's addresses have in common: of IPv6 the first 64 bits, the rest changes at will (RFC 8981)."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else client
