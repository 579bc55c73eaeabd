"""Who is acting, asked anew at every step that writes.

Whoever runs the process says how to find out: the dashboard asks the browser session, because each of its script runs,
fragments and callbacks is a thread of its own, in which a value set once would be lost; without a dashboard it is the
person whose account the process runs under.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from core.access.roles import Permission, Role, lowest_role
from core.errors import AccessError
from core.records import Message

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at work."""

    name: str
    role: Role
    is_signed_in: bool = False  # proved who they are; else the person at this machine

    def may(self, permission: Permission) -> bool:
        """Whether this person's role allows it."""
        return permission in self.role.permissions


def local_actor() -> Actor:
    """The person at this machine, who owns the files anyway."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        name = ""
    return Actor(name, Role.ADMINISTRATOR)


_source: Callable[[], Actor | None] = local_actor
_chosen: ContextVar[Actor | None] = ContextVar("chosen_actor", default=None)


def ask_actor_from(source: Callable[[], Actor | None]) -> None:
    """Let `source` say who is acting from now on, in all threads; None means nobody who may do anything."""
    global _source
    _source = source


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Act as `actor` in this block and this thread, for work that outlives the moment it was asked for in."""
    token = _chosen.set(actor)
    try:
        yield
    finally:
        _chosen.reset(token)


def current_actor() -> Actor:
    """Who is acting. Raises AccessError when nobody has signed in though they must."""
    actor = _chosen.get() or _source()
    if actor is None:
        raise AccessError("access.nobody")
    return actor


def require(permission: Permission) -> Actor:
    """Who is acting, provided that they may. Raises AccessError with the reason otherwise."""
    actor = current_actor()
    if not actor.may(permission):
        raise AccessError("access.not_allowed", reason=why_not(permission, actor.role))
    return actor


def requires(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function raise AccessError unless whoever calls it may do this."""

    def guard(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            require(permission)
            return function(*args, **kwargs)

        return guarded

    return guard


def why_not(permission: Permission, role: Role) -> Message:
    """Why a role may not do something, and who may."""
    needed = Message(f"access.role.{lowest_role(permission)}")
    what = Message(f"access.permission.{permission}")
    return Message("access.needs_role", {"role": Message(f"access.role.{role}"), "needed": needed, "what": what})


def author(given: str = "") -> str:
    """The name that a decision carries: of whoever signed in; at one's own machine `given`, or the account's name."""
    actor = current_actor()
    return actor.name if actor.is_signed_in else given.strip() or actor.name
