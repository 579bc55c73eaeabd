"""Checks a name and a password, and slows down those who guess.

After five failures in a row a name has to wait 30 seconds, then twice as long after each further one, up to an hour,
as NIST SP 800-63B-4, section 3.2.2, suggests. A name that nobody has is treated in the same way and takes as long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from core.access.passwords import PasswordHash
from core.access.users import User, UserFile, name_key
from core.errors import AccessError

FREE_FAILURES = 5
_FIRST_WAIT = 30.0  # seconds
_LONGEST_WAIT = 3600.0
_MAX_NAMES = 10_000  # remembered; the longest quiet are forgotten first
_NOBODY = PasswordHash("00" * 16, "00" * 32)


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int = 0
    wait_until: float = 0.0  # by the monotonic clock


class Doorkeeper:
    """Lets people in, and notes who was and who was not. One a process; threads may share it."""

    def __init__(self, users: UserFile, clock: Callable[[], float] = time.monotonic) -> None:
        self._users = users
        self._clock = clock
        self._failures: dict[str, _Failures] = {}
        self._one_at_a_time = Lock()  # a guess costs 128 MiB: many at once would cost the machine

    def let_in(self, name: str, password: str) -> User:
        """The user whose name and password these are.

        Raises AccessError when they do not fit, without saying which, or when the name has to wait.
        """
        key = name_key(name)
        with self._one_at_a_time:
            past = self._failures.get(key, _Failures())
            left = past.wait_until - self._clock()
            if left > 0:
                raise AccessError("access.wait", seconds=int(left) + 1)
            user = self._users.find(name)
            kept = user.password if user is not None else None
            if not (kept or _NOBODY).fits(password) or user is None or kept is None:
                self._note_failure(key, past.count + 1)
                self._users.notes.add("sign_in_failed", user.name if user is not None else "")
                raise AccessError("access.wrong")
            self._failures.pop(key, None)
            self._users.notes.add("sign_in", user.name, user.name)
            return user

    def _note_failure(self, key: str, count: int) -> None:
        beyond = count - FREE_FAILURES
        wait = min(_FIRST_WAIT * 2.0 ** min(beyond, 20), _LONGEST_WAIT) if beyond >= 0 else 0.0
        self._failures.pop(key, None)
        self._failures[key] = _Failures(count, self._clock() + wait)
        while len(self._failures) > _MAX_NAMES:
            self._failures.pop(next(iter(self._failures)))
