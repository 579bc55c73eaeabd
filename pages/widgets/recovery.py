"""The way out when the database cannot be read."""

from __future__ import annotations

import streamlit as st

from core.access.actor import current_actor, why_not
from core.access.roles import Permission
from core.config import load_config
from core.errors import CourseLiftError
from core.i18n import Translator
from core.pipeline.verify import repair
from pages.widgets.display import plain


def draw_recovery(t: Translator) -> None:
    """A button that puts the newest copy that can be read in the database's place and reads the journals again."""
    st.markdown(t("verify.damage_text"))
    actor = current_actor()
    is_allowed = actor.may(Permission.KEEP)
    if not st.button(
        t("verify.restore_newest"),
        disabled=not is_allowed,
        help=None if is_allowed else plain(t.message(why_not(Permission.KEEP, actor.role))),
        key="recovery_restore",
        type="primary",
        icon=":material/restore:",
    ):
        return
    try:
        with st.spinner(t("verify.restoring")):
            st.cache_resource.clear()  # closes the database, should it be open
            done = repair(load_config())
    except CourseLiftError as error:
        st.error(plain(t.message(error.message)), icon=":material/error:")
        return
    messages = [*done.steps, *done.after.faults]
    st.info("  \n".join(plain(t.message(message)) for message in messages), icon=":material/info:")
    st.button(t("verify.go_on"), key="recovery_go_on", icon=":material/arrow_forward:")
