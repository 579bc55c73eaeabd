"""How lists are made beside the weights: variety, a cap per department, courses and activities together or apart."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.i18n import Translator
from core.pipeline.population import load_population
from core.pipeline.recommendation import published_options
from core.recommendation.options import DEFAULT_OPTIONS, Grouping, ListOptions
from core.records import CourseKind
from pages.widgets.session import application

FULL = 100
LARGEST_CAP = 10  # the length of a list
_VARIETY, _CAP, _GROUPING = "options_variety", "options_cap", "options_grouping"


def draw_options(catalog_id: str, t: Translator) -> ListOptions:
    """The three choices, folded away while they are as by default; gives back what they say."""
    for key, value in _values(current_options(catalog_id)).items():
        st.session_state.setdefault(key, value)
    now = current_options(catalog_id)
    title = t("tuning.options") if now == DEFAULT_OPTIONS else f"{t('tuning.options')}: {options_in_words(now, t)}"
    with st.expander(title, icon=":material/rule_settings:", key="weights_options"):
        st.slider(
            t("tuning.variety"),
            0,
            FULL,
            step=5,
            format="%d%%",
            key=_VARIETY,
            help=t("tuning.variety_help"),
            persist_state="session",
        )
        st.number_input(t("tuning.cap"), 0, LARGEST_CAP, key=_CAP, help=t("tuning.cap_help"), persist_state="session")
        st.selectbox(
            t("tuning.grouping"),
            list(Grouping) if _has_activities(catalog_id) else [Grouping.TOGETHER],
            format_func=lambda each: t(f"tuning.grouping_{each}"),
            key=_GROUPING,
            help=t("tuning.grouping_help"),
            persist_state="session",
        )
    return current_options(catalog_id)


def current_options(catalog_id: str) -> ListOptions:
    """What the choices say, what is in force before they were touched."""
    said = _values(published_options(application(), catalog_id))
    said = {key: st.session_state.get(key, value) for key, value in said.items()}
    return ListOptions(said[_VARIETY] / FULL, said[_CAP] or None, Grouping(said[_GROUPING]))


def set_options(options: ListOptions) -> None:
    """Change the choices; for button callbacks, which run before they are drawn."""
    st.session_state.update(_values(options))


def options_in_words(options: ListOptions, t: Translator) -> str:
    """What is not as by default, in one line."""
    parts = []
    if options.diversity:
        parts.append(t("tuning.variety_said", share=f"{options.diversity:.0%}"))
    if options.department_cap is not None:
        parts.append(t("tuning.cap_said", count=options.department_cap))
    if options.grouping is not Grouping.TOGETHER:
        parts.append(t(f"tuning.grouping_{options.grouping}"))
    return ", ".join(parts) or t("tuning.options_default")


def _values(options: ListOptions) -> dict[str, Any]:
    return {
        _VARIETY: round(options.diversity * FULL),
        _CAP: options.department_cap or 0,
        _GROUPING: options.grouping,
    }


def _has_activities(catalog_id: str) -> bool:
    courses = load_population(application(), catalog_id).courses
    return any(course.kind is CourseKind.ACTIVITY for course in courses)
