"""Who signed in with which browser, so that a reload does not ask for the password again.

A browser keeps a random token in a cookie that no script can read; here is only its SHA-256. The cookie is given in an
answer to a form that carries a ticket: random too, good once and for a minute, made where the password was checked.
Nothing is written to disk: after a restart of the server people sign in again.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

SESSION_SECONDS = 12 * 3600.0  # then people sign in again
TICKET_SECONDS = 60.0
_MAX_LATELY = 10  # tickets and tokens of one person within `TICKET_SECONDS`
_MAX_KEPT = 10_000  # of each kind; the oldest are forgotten first


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A proof of who somebody is."""

    name: str
    salt: str  # of the password that was used: a new password ends the session; "" for the institution's sign-in
    since: float  # by the clock


class BrowserSessions:
    """Tickets and tokens. One a process; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tickets: dict[str, SignedIn] = {}
        self._tokens: dict[str, SignedIn] = {}

    def ticket(self, name: str, salt: str) -> str | None:
        """Something that this person's browser can change for a token, once.

        None when the person got many lately: their browser does not keep the cookie, and would load the page for ever.
        """
        now = self._clock()
        with self._lock:
            proofs = [*self._tickets.values(), *self._tokens.values()]
        lately = sum(proof.name == name and now - proof.since < TICKET_SECONDS for proof in proofs)
        return self._keep(self._tickets, SignedIn(name, salt, now)) if lately < _MAX_LATELY else None

    def redeem(self, ticket: str) -> str | None:
        """The token for a ticket; None when it was used, is too old or was never given."""
        with self._lock:
            proof = self._tickets.pop(_digest(ticket), None)
        if proof is None or self._clock() - proof.since > TICKET_SECONDS:
            return None
        return self._keep(self._tokens, proof)

    def owner(self, token: str) -> SignedIn | None:
        """Whose token it is; None when nobody's, or no longer."""
        with self._lock:
            proof = self._tokens.get(_digest(token))
        return proof if proof is not None and self._clock() - proof.since < SESSION_SECONDS else None

    def end(self, token: str) -> None:
        """Make a token worthless."""
        with self._lock:
            self._tokens.pop(_digest(token), None)

    def _keep(self, among: dict[str, SignedIn], proof: SignedIn) -> str:
        secret = secrets.token_urlsafe(32)
        with self._lock:
            among[_digest(secret)] = proof
            while len(among) > _MAX_KEPT:
                among.pop(next(iter(among)))
        return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
