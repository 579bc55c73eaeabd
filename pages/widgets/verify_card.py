"""Whether everything that was stored still holds."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.daily_look import look
from core.pipeline.verify import mend
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, guard

_STEPS = "verify_steps"


def draw_verify_card(t: Translator) -> None:
    """A button that looks, what was found, and a button that mends what journals and backups can mend."""
    with st.container(border=True), guard():
        st.markdown(f"**{t('verify.title')}**  \n{t('verify.text')}")
        _show_steps(t)
        if st.button(t("verify.look"), key="verify_look", icon=":material/fact_check:"):
            with st.spinner(t("verify.looking")):
                look(application())
        last = application().last_look
        if last is None:
            return
        report = last.report
        st.caption(t("verify.looked_at", when=moment(last.at, t)))
        if report.holds:
            st.success(plain(t.message(report.summary)), icon=":material/check:")
            return
        st.error("  \n".join(plain(t.message(fault)) for fault in report.faults), icon=":material/error:")
        if st.button(
            t("verify.mend"),
            disabled=not may(Permission.KEEP),
            help=reason_why_not(Permission.KEEP),
            key="verify_mend",
            type="primary",
            icon=":material/build:",
        ):
            with st.spinner(t("verify.mending")):
                st.session_state[_STEPS] = mend(application()).steps
                look(application())
            st.rerun()


def _show_steps(t: Translator) -> None:
    for step in st.session_state.pop(_STEPS, ()):
        st.info(plain(t.message(step)), icon=":material/info:")
