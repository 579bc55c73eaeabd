"""What whoever is at the browser may do, and the sentence for what they may not. Core checks it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core.access.actor import Actor, acting_as, current_actor, why_not
from core.access.roles import Permission
from core.access.users import UserFile
from core.config import load_config
from core.errors import AccessError
from pages.widgets.display import plain
from pages.widgets.session import translator

T = TypeVar("T")


def may(permission: Permission) -> bool:
    """Whether the role of this session allows it."""
    return current_actor().may(permission)


def reason_why_not(permission: Permission) -> str | None:
    """The sentence that says which role it needs, for a control's help; None when it is allowed."""
    return None if may(permission) else plain(translator().message(why_not(permission, current_actor().role)))


def draw_why_not(permission: Permission) -> None:
    """The same sentence on the page; nothing when it is allowed."""
    reason = reason_why_not(permission)
    if reason is not None:
        st.info(reason, icon=":material/lock:")


def in_my_name(function: Callable[[], T]) -> Callable[[], T]:
    """The function acting as whoever is at the browser now: downloads are made later, outside of any session.

    It may then do what their role allows at that moment, and raises AccessError when they were taken out meanwhile.
    """
    actor = current_actor()

    def call() -> T:
        with acting_as(_as_of_now(actor)):
            return function()

    return call


def _as_of_now(actor: Actor) -> Actor:
    if not actor.is_signed_in:
        return actor
    user = UserFile(load_config().users_path).find(actor.name)
    if user is None:
        raise AccessError("access.nobody")
    return Actor(user.name, user.role, is_signed_in=True)


def permitted_button(
    permission: Permission, label: str, *, icon: str, key: str, help: str | None = None, primary: bool = False
) -> bool:
    """A button that is grey, and says why, for people whose role does not allow what it does."""
    return st.button(
        label,
        icon=icon,
        key=key,
        type="primary" if primary else "secondary",
        disabled=not may(permission),
        help=reason_why_not(permission) or help,
    )
