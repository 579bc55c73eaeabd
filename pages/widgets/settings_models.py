"""Which models write and compare, on what, and how."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.access.roles import Permission
from core.config import hub_is_allowed
from core.i18n import Translator
from core.measurement.hardware import get_device, get_optimal_dtype
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions
from core.pipeline.models import list_models
from core.pipeline.settings import Settings, change_settings, read_settings
from pages.widgets.display import plain
from pages.widgets.enhance_choices import draw_options
from pages.widgets.model_install import draw_install
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application

_OUTCOME = "settings_outcome"  # said after the next run, see pages/settings.py
_FIRST_FIELD, _STARTED = "settings_generation_model", "settings_started_from"


def draw_models(t: Translator) -> None:
    """The embedded models, the references in use, and the defaults of writing."""
    app = application()
    settings = read_settings(app)
    started = _started_from(settings)
    draw_install(app, t)
    _draw_embedded(t)
    st.markdown(f"#### {t('settings.in_use')}")
    with st.form("settings_models_form"):
        generation = st.text_input(
            t("settings.generation_model"),
            settings.generation_model,
            key=_FIRST_FIELD,
            help=t("settings.reference_help"),
        )
        embedding = st.text_input(
            t("settings.embedding_model"),
            settings.embedding_model,
            key="settings_embedding_model",
            help=t("settings.embedding_help"),
        )
        st.caption(t("settings.reference_text"))
        st.caption(t("settings.hub_on" if hub_is_allowed() else "settings.hub_off"))
        st.markdown(f"**{t('settings.defaults')}**")
        options = draw_options(settings, t)
        st.caption(_precision_reason(settings, t))
        if st.form_submit_button(
            t("settings.save"),
            type="primary",
            disabled=not may(Permission.CONFIGURE),
            help=reason_why_not(Permission.CONFIGURE),
            key="settings_save_models",
        ):
            models = replace(settings, generation_model=generation.strip(), embedding_model=embedding.strip())
            _save(app, started, models, options, t)


def _save(app: Application, started: Settings, models: Settings, options: EnhancementOptions, t: Translator) -> None:
    """Store what the form says, unless somebody else changed meanwhile what it was filled with."""
    stored = read_settings(app)
    if started != _without_name(stored):
        st.session_state[_OUTCOME] = t("settings.changed_meanwhile")
        st.rerun()
    changed = replace(
        models,
        engine=options.engine or stored.engine,
        precision=options.precision or stored.precision,
        generation=options.settings or stored.generation,
    )
    change_settings(app, changed)
    _begin_with(changed)
    st.session_state[_OUTCOME] = t("settings.saved")
    st.rerun()


def _started_from(settings: Settings) -> Settings:
    """The settings that the fields were filled with, in an earlier run or now: browsers keep what a field says."""
    if _FIRST_FIELD not in st.session_state:
        _begin_with(settings)
    started: Settings = st.session_state[_STARTED]
    return started


def _begin_with(settings: Settings) -> None:
    st.session_state[_STARTED] = _without_name(settings)


def _without_name(settings: Settings) -> Settings:
    """What the form is about."""
    return replace(settings, actor="")


def _precision_reason(settings: Settings, t: Translator) -> str:
    """What "auto" means on this machine, and why."""
    device = get_device()
    choice = get_optimal_dtype(device)
    return plain(
        t("settings.precision_reason", device=device, precision=choice.precision, reason=t.message(choice.reason))
    )


def _draw_embedded(t: Translator) -> None:
    models = list_models(application())
    st.dataframe(
        {
            t("settings.column_model"): [model.title for model in models],
            t("settings.column_purpose"): [t(f"widgets.purpose_{model.purpose}") for model in models],
            t("settings.column_state"): [
                t("settings.installed", size=model.size_mib) if model.is_installed else t("settings.not_installed")
                for model in models
            ],
            t("settings.column_languages"): [_languages(model.languages, t) for model in models],
            t("settings.column_licence"): [model.licence for model in models],
            t("settings.column_reference"): [model.ref for model in models],
        },
        hide_index=True,
        key="settings_embedded",
    )


def _languages(codes: tuple[str, ...], t: Translator) -> str:
    return ", ".join(t(f"settings.language_{code}") if code in ("ko", "en") else code for code in codes)
