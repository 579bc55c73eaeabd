"""What is being measured now: how far it is, a button to stop it; and the buttons that start a measurement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.jobs.measuring_request import MeasuringRequest
from core.pipeline.application import Application
from core.pipeline.measuring import cancel_measuring, measuring_progress, start_measuring
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, guard


def draw_measuring(app: Application, t: Translator) -> bool:
    """The bar of the measurement under way, looked at every second; whether there is one."""
    progress = measuring_progress(app)
    if progress.error is not None:
        st.error(plain(t.message(progress.error)), icon=":material/error:")
    if progress.is_running:
        st.fragment(_draw_running, run_every=1)(t)
    return progress.is_running


@guard()
def _draw_running(t: Translator) -> None:
    app = application()
    progress = measuring_progress(app)
    if not progress.is_running:
        st.rerun()
    what = t(f"measuring.kind.{progress.kind}") if progress.kind else t("measuring.running")
    label = f"{what}: {t.message(progress.label)}" if progress.label else what
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(max(progress.share, 0.0), 1.0), text=plain(label))
    if button.button(
        t("measuring.cancel"),
        disabled=not may(Permission.RUN),
        help=reason_why_not(Permission.RUN),
        key="measuring_cancel",
        icon=":material/stop:",
        width="stretch",
    ):
        cancel_measuring(app)


def draw_circumstances(model: str, catalog: str, made_at: datetime, t: Translator, *, was_busy: bool) -> None:
    """What was measured with, on what and when; warns when other programs were at work meanwhile."""
    if was_busy:
        st.warning(t("measuring.busy"), icon=":material/groups:")
    st.caption(plain(t("measuring.about", model=model, catalog=catalog, when=moment(made_at, t))))


def start_button(
    app: Application,
    t: Translator,
    label: str,
    plan: Callable[[], MeasuringRequest],
    *,
    key: str,
    is_running: bool,
    icon: str = ":material/speed:",
) -> None:
    """A button that plans a measurement and starts it; grey while another one is under way."""
    help_text = reason_why_not(Permission.RUN) or (t("measuring.while_running") if is_running else None)
    with guard():
        if st.button(label, key=key, icon=icon, disabled=is_running or not may(Permission.RUN), help=help_text):
            start_measuring(app, plan())
            st.rerun()
