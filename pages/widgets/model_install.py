"""Installing the embedded models from a page, and watching it."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.models import InstallProgress, ModelStatus, install_progress, list_models, start_install
from core.pipeline.settings import read_settings
from pages.widgets.display import plain
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import guard


def draw_install(app: Application, t: Translator) -> None:
    """What is missing and the button that installs it; progress while it runs. Nothing when all is there."""
    missing = _missing_models(app)
    progress = install_progress(app)
    if not missing and not progress.is_running:
        return
    with st.container(border=True, key="model_install"):
        title = t("widgets.installing_title" if progress.is_running else "widgets.install_title")
        st.markdown(f"#### :material/deployed_code_update: {title}")
        if progress.is_running:
            st.fragment(_draw_running, run_every=1)(app, t)
            return
        st.markdown(t("widgets.install_text"))
        for model in missing:
            st.markdown(f"- {plain(model.title)} ({t(f'widgets.purpose_{model.purpose}')}, {plain(model.licence)})")
        if progress.error:
            st.error(plain(progress.error), icon=":material/error:")
        if st.button(
            t("widgets.install"),
            type="primary",
            icon=":material/download:",
            disabled=not may(Permission.CONFIGURE),
            help=reason_why_not(Permission.CONFIGURE),
            key="install_models",
        ):
            start_install(app)
            st.rerun()


def model_is_missing(app: Application) -> bool:
    """Whether the model that is to write is an embedded one that is not installed yet."""
    chosen = read_settings(app).generation_model
    return any(model.ref == chosen for model in _missing_models(app))


def _missing_models(app: Application) -> list[ModelStatus]:
    """The embedded models that are chosen and not installed; nobody needs those that are not chosen."""
    settings = read_settings(app)
    chosen = (settings.generation_model, settings.embedding_model)
    return [model for model in list_models(app) if model.ref in chosen and not model.is_installed]


@guard()
def _draw_running(app: Application, t: Translator) -> None:
    progress = install_progress(app)
    if not progress.is_running:
        st.rerun()
    step = t.message(progress.label) if progress.label else t("widgets.installing")
    st.progress(_fraction(progress), text=plain(" · ".join(filter(None, (progress.model, step)))))


def _fraction(progress: InstallProgress) -> float:
    return min(progress.done / progress.total, 1.0) if progress.total else 0.0
