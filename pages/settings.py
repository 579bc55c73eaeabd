"""Settings: who works here, which models write and compare, where the data lives, what leaves the machine."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.access.actor import current_actor
from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.settings import change_settings, read_settings
from pages.widgets.endpoint_confirmation import draw_destinations, draw_endpoints
from pages.widgets.prompt_editor import draw_prompts
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, show, translator
from pages.widgets.settings_access import draw_access
from pages.widgets.settings_data import draw_data
from pages.widgets.settings_models import draw_models
from pages.widgets.settings_privacy import draw_privacy
from pages.widgets.student_deletion import draw_deletion

_OUTCOME = "settings_outcome"


def draw() -> None:
    """The page."""
    t = translator()
    st.title(t("settings.title"))
    outcome = st.session_state.pop(_OUTCOME, None)
    if outcome:
        st.toast(outcome, icon=":material/check:")
    models, prompts, person, data, privacy = st.tabs(
        [
            f":material/neurology: {t('settings.tab_models')}",
            f":material/chat: {t('prompts.title')}",
            f":material/badge: {t('settings.tab_person')}",
            f":material/database: {t('settings.tab_data')}",
            f":material/lock: {t('settings.tab_privacy')}",
        ]
    )
    with models:
        draw_models(t)
        draw_endpoints(t)
    with prompts:
        draw_prompts(t)
    with person:
        if not current_actor().is_signed_in:
            _draw_person(t)
        draw_access(t)
    with data:
        draw_data(t)
    with privacy:
        draw_destinations(t)
        draw_privacy(t)
        draw_deletion(t)


def _draw_person(t: Translator) -> None:
    app = application()
    settings = read_settings(app)
    st.markdown(t("settings.person_text"))
    with st.form("settings_person_form", border=False):
        actor = st.text_input(t("settings.actor"), settings.actor, max_chars=80, key="settings_actor", width=420)
        if st.form_submit_button(
            t("settings.save"),
            type="primary",
            disabled=not may(Permission.CONFIGURE),
            help=reason_why_not(Permission.CONFIGURE),
            key="settings_save_person",
        ):
            change_settings(app, replace(settings, actor=actor.strip()))
            st.session_state[_OUTCOME] = t("settings.saved")
            st.rerun()
    st.caption(t("settings.language_text"))


show(draw)
