"""Passwords as they are kept: never readable, slow to guess.

scrypt (RFC 7914) with N = 2^17, r = 8, p = 1: the strongest setting for it in the OWASP Password Storage Cheat Sheet
(2023), 128 MiB and about half a second a guess. It is in the standard library; Argon2 would be one more dependency.
Characters are normalised to NFKC and at least 15 are asked for, as NIST SP 800-63B-4 (2025), section 3.1.1, says for
passwords that stand alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import AccessError

MIN_LENGTH = 15
MAX_LENGTH = 256
_MEMORY = 2**28  # bytes; scrypt needs 128 * N * r of them and a little more
_LONGEST_TYPED = 4 * MAX_LENGTH  # at most four characters become one (UAX #15), so no password needs more


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """What is kept of a password."""

    salt: str  # 16 random bytes, hexadecimal
    hash: str  # 32 bytes, hexadecimal
    n: int = 2**17
    r: int = 8
    p: int = 1

    def fits(self, password: str) -> bool:
        """Whether this is the password; takes the same time either way."""
        given = _scrypt(password, bytes.fromhex(self.salt), self.n, self.r, self.p)
        return hmac.compare_digest(given, bytes.fromhex(self.hash))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"scheme": "scrypt", **asdict(self)}


def hash_password(password: str) -> PasswordHash:
    """What is to be kept of a new password. Raises AccessError when it is too short or too long."""
    if not MIN_LENGTH <= len(_normalised(password)) <= MAX_LENGTH:
        raise AccessError("access.password_length", minimum=MIN_LENGTH, maximum=MAX_LENGTH)
    empty = PasswordHash(secrets.token_hex(16), "")
    made = _scrypt(password, bytes.fromhex(empty.salt), empty.n, empty.r, empty.p)
    return PasswordHash(empty.salt, made.hex())


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    text = _normalised(password)[:MAX_LENGTH].encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def _normalised(password: str) -> str:
    """In NFKC; of what is too long anyway only the beginning: a million accents over one letter would take hours."""
    return unicodedata.normalize("NFKC", password[:_LONGEST_TYPED])
