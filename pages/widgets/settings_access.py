"""Who may do what here: whoever is at the browser, the roles, and the people who have one."""

from __future__ import annotations

import streamlit as st

from core.access.actor import current_actor
from core.access.roles import Permission, Role
from core.access.users import UserFile
from core.config import load_config
from core.i18n import Translator
from pages.widgets.display import plain
from pages.widgets.rights import may


def draw_access(t: Translator) -> None:
    """The person, the table of roles and, for administrators, the people."""
    actor = current_actor()
    name = plain(actor.name) if actor.name else "-"
    st.markdown(t("access.you", name=name, role=t(f"access.role.{actor.role}")))
    st.caption(t("access.you_signed_in" if actor.is_signed_in else "access.you_local"))
    st.markdown(f"#### {t('access.roles_title')}")
    st.dataframe(
        {
            t("access.column_what"): [t(f"access.permission.{permission}") for permission in Permission],
            **{
                t(f"access.role.{role}"): ["✓" if permission in role.permissions else "" for permission in Permission]
                for role in Role
            },
        },
        hide_index=True,
        key="access_roles",
    )
    if may(Permission.CONFIGURE):
        _draw_people(t)


def _draw_people(t: Translator) -> None:
    st.markdown(f"#### {t('access.users_title')}")
    users = UserFile(load_config().users_path).list()
    if users:
        st.dataframe(
            {
                t("access.column_name"): [user.name for user in users],
                t("access.column_role"): [t(f"access.role.{user.role}") for user in users],
                t("access.column_way"): [
                    t("access.way_password" if user.password else "access.way_institution") for user in users
                ],
            },
            hide_index=True,
            key="access_users",
        )
    else:
        st.caption(t("access.no_users"))
    st.markdown(t("access.users_help"))
