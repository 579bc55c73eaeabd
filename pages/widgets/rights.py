"""What whoever is at the browser may do, and the sentence for what they may not. Core checks it again."""

from __future__ import annotations

import streamlit as st

from core.access.actor import current_actor, why_not
from core.access.roles import Permission
from core.i18n import Translator
from pages.widgets.display import plain


def may(permission: Permission) -> bool:
    """Whether the role of this session allows it."""
    return current_actor().may(permission)


def reason_why_not(permission: Permission, t: Translator) -> str | None:
    """The sentence that says which role it needs, for a control's help; None when it is allowed."""
    return None if may(permission) else t.message(why_not(permission, current_actor().role))


def draw_why_not(permission: Permission, t: Translator) -> None:
    """The same sentence on the page; nothing when it is allowed."""
    reason = reason_why_not(permission, t)
    if reason is not None:
        st.info(plain(reason), icon=":material/lock:")
