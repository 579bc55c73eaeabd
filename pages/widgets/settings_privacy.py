"""What leaves this machine, and who looked at whose data."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.student_access import ALL_STUDENTS, log_state, newest_entries, take_in_notes
from pages.widgets.formats import moment
from pages.widgets.rights import draw_why_not, may
from pages.widgets.session import application

_SHOWN_ENTRIES = 200
_SHOWN_SUBJECTS = 5


def draw_privacy(t: Translator) -> None:
    """The statement, how the access log is, and its entries for those who may read them."""
    st.markdown(t("settings.privacy_text"))
    st.markdown(f"#### {t('settings.access_log')}")
    st.caption(t("settings.access_text"))
    take_in_notes(application())
    state = log_state(application())
    if state.broken is not None:
        st.error(t("settings.access_broken", number=state.broken), icon=":material/gpp_bad:")
    elif state.missing:
        first, count = state.missing[0], len(state.missing)
        st.error(t("access.entries_missing", first=first, count=count), icon=":material/gpp_bad:")
    if not state.entries:
        st.caption(t("settings.access_empty"))
        return
    if may(Permission.READ_LOG):
        _draw_entries(t)
    else:
        draw_why_not(Permission.READ_LOG)
    st.caption(t("access.seal", number=state.entries, seal=state.seal))


def _draw_entries(t: Translator) -> None:
    entries = newest_entries(application(), _SHOWN_ENTRIES)
    st.dataframe(
        {
            t("settings.column_number"): [entry.sequence for entry in entries],
            t("settings.column_when"): [moment(entry.recorded_at, t) for entry in entries],
            t("settings.column_who"): [entry.actor or t("settings.unnamed") for entry in entries],
            t("settings.column_action"): [_action(entry.action, t) for entry in entries],
            t("settings.column_reason"): [entry.reason for entry in entries],
            t("settings.column_whose"): [_subjects(entry.subjects, t) for entry in entries],
        },
        hide_index=True,
        key="settings_access_log",
    )


def _action(name: str, t: Translator) -> str:
    return t(f"access.action.{name}")


def _subjects(subjects: tuple[str, ...], t: Translator) -> str:
    if subjects == (ALL_STUDENTS,):
        return t("settings.all_students")
    shown = ", ".join(subjects[:_SHOWN_SUBJECTS])
    more = len(subjects) - _SHOWN_SUBJECTS
    return f"{shown} … +{more:,}" if more > 0 else shown
