"""What leaves this machine, and who looked at whose data."""

from __future__ import annotations

import streamlit as st

from core.i18n import Translator
from core.pipeline.student_access import ALL_STUDENTS, take_in_notes
from pages.widgets.formats import moment
from pages.widgets.session import application

_SHOWN_ENTRIES = 200
_SHOWN_SUBJECTS = 5


def draw_privacy(t: Translator) -> None:
    """The statement, and the access log with the result of checking its chain."""
    st.markdown(t("settings.privacy_text"))
    st.markdown(f"#### {t('settings.access_log')}")
    st.caption(t("settings.access_text"))
    take_in_notes(application())
    log = application().access_log
    broken, missing = log.first_broken(), log.missing()
    if broken is not None:
        st.error(t("settings.access_broken", number=broken), icon=":material/gpp_bad:")
    elif missing:
        st.error(t("access.entries_missing", first=missing[0], count=len(missing)), icon=":material/gpp_bad:")
    entries = log.list(_SHOWN_ENTRIES)
    if not entries:
        st.caption(t("settings.access_empty"))
        return
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
    st.caption(t("access.seal", number=entries[0].sequence, seal=entries[0].entry_hash))


def _action(name: str, t: Translator) -> str:
    return t(f"access.action.{name}")


def _subjects(subjects: tuple[str, ...], t: Translator) -> str:
    if subjects == (ALL_STUDENTS,):
        return t("settings.all_students")
    shown = ", ".join(subjects[:_SHOWN_SUBJECTS])
    more = len(subjects) - _SHOWN_SUBJECTS
    return f"{shown} … +{more:,}" if more > 0 else shown
