"""The people who may sign in: one small file that only this account can read."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.access.actor import local_actor
from core.access.notes import AccessNotes
from core.access.passwords import PasswordHash
from core.access.roles import Role
from core.errors import AccessError

MAX_NAME_LENGTH = 120
_LONGEST_TYPED = 4 * MAX_NAME_LENGTH  # at most four characters become one (UAX #15)
_NOTES = "people.log"


@dataclass(frozen=True, slots=True)
class User:
    """One person."""

    name: str  # as the person types it; with the institution's sign-in their e-mail address
    role: Role
    password: PasswordHash | None = None  # None: signs in at the institution only


class UserFile:
    """Reads and writes `users.json`. Names are compared without regard to case and Unicode form.

    Every change is noted for the access log, in `notes`, as that of the person at this machine, before it is made.
    All methods that change raise AccessError when they cannot write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notes = AccessNotes(path.with_name(_NOTES))

    def list(self) -> tuple[User, ...]:
        """Everybody, by name. Raises AccessError when the file is not what was written."""
        return tuple(sorted(self._read().values(), key=lambda user: user.name.casefold()))

    def find(self, name: str) -> User | None:
        """The person with this name, None when there is none."""
        return self._read().get(name_key(name))

    def add(self, user: User) -> None:
        """Add a person. Raises AccessError when the name is taken or cannot be one."""
        if not name_key(user.name) or len(user.name) > MAX_NAME_LENGTH or not user.name.isprintable():
            raise AccessError("access.bad_name", maximum=MAX_NAME_LENGTH)
        with self._changing() as users:
            if name_key(user.name) in users:
                raise AccessError("access.name_taken", name=user.name)
            users[name_key(user.name)] = user
            self.notes.add("user_added", user.name, local_actor().name, user.role)

    def replace(self, user: User) -> None:
        """Give a person another role or password. Raises AccessError when there is nobody of this name."""
        with self._changing() as users:
            if name_key(user.name) not in users:
                raise AccessError("access.no_user", name=user.name)
            before = users[name_key(user.name)]
            users[name_key(user.name)] = user
            if user.role is not before.role:
                self.notes.add("user_role", user.name, local_actor().name, f"{before.role} → {user.role}")
            if user.password != before.password:
                self.notes.add("user_password", user.name, local_actor().name)

    def remove(self, name: str) -> None:
        """Take a person out; their sessions end at once. Raises AccessError when there is nobody of this name."""
        with self._changing() as users:
            user = users.pop(name_key(name), None)
            if user is None:
                raise AccessError("access.no_user", name=name)
            self.notes.add("user_removed", user.name, local_actor().name)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, User]]:
        """All users, to be changed and written back; one process at a time."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock_path = self._path.with_name(f".{self._path.name}.lock")
            with os.fdopen(os.open(lock_path, os.O_CREAT | os.O_RDWR, 0o600), "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                users = self._read()
                yield users
                self._write(users)
        except OSError as error:
            raise AccessError("access.not_written", folder=str(self._path.parent)) from error

    def _read(self) -> dict[str, User]:
        try:
            values = json.loads(self._path.read_bytes())
            users = [_user(each) for each in values["users"]]
            return {name_key(user.name): user for user in users}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AccessError("access.file_damaged", path=str(self._path)) from error

    def _write(self, users: Mapping[str, User]) -> None:
        """Put a whole new file in the place of the old one; it is nobody else's to read from its first byte on."""
        text = json.dumps({"users": [_values(user) for user in users.values()]}, ensure_ascii=False, indent=1)
        descriptor, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        finally:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()


def name_key(name: str) -> str:
    """What two spellings of one name have in common.

    Of what is too long for any only the beginning: to put a million accents in order would take hours.
    """
    return unicodedata.normalize("NFKC", name[:_LONGEST_TYPED]).strip().casefold()


def _values(user: User) -> dict[str, Any]:
    password = None if user.password is None else user.password.as_dict()
    return {"name": user.name, "role": user.role.value, "password": password}


def _user(values: Mapping[str, Any]) -> User:
    kept = values["password"]
    if kept is None:
        return User(values["name"], Role(values["role"]))
    if kept["scheme"] != "scrypt":
        raise ValueError(kept["scheme"])
    password = PasswordHash(kept["salt"], kept["hash"], kept["n"], kept["r"], kept["p"])
    return User(values["name"], Role(values["role"]), password)
