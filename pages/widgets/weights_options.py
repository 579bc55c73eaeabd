"""How lists are made beside the weights: variety, a cap per department, courses and activities together or apart,
and which categories and years are eligible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.i18n import Translator
from core.pipeline.population import load_population
from core.recommendation.options import DEFAULT_OPTIONS, Grouping, ListOptions
from core.records import Course, CourseKind
from pages.widgets.session import application

FULL = 100
LARGEST_CAP = 10  # the length of a list
LARGEST_STEP, ANY_YEAR = 3, -1  # years of study
_VARIETY, _CAP, _GROUPING = "options_variety", "options_cap", "options_grouping"
_CATEGORIES, _YEARS = "options_categories", "options_years"


def draw_options(catalog_id: str, t: Translator) -> ListOptions:
    """The choices, folded away while they are as by default; gives back what they say."""
    now, courses = current_options(), load_population(application(), catalog_id).courses
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
            list(Grouping) if any(it.kind is CourseKind.ACTIVITY for it in courses) else [Grouping.TOGETHER],
            format_func=lambda each: t(f"tuning.grouping_{each}"),
            key=_GROUPING,
            help=t("tuning.grouping_help"),
            persist_state="session",
        )
        _draw_eligibility(courses, t)
    return current_options()


def _draw_eligibility(courses: Sequence[Course], t: Translator) -> None:
    """Hard rules by category, where the catalog has any, and by year of study."""
    known = {course.category for course in courses if course.is_active and course.category}
    categories = sorted({*known, *st.session_state[_CATEGORIES]})
    if categories:
        st.multiselect(
            t("tuning.excluded_categories"),
            categories,
            key=_CATEGORIES,
            help=t("tuning.excluded_categories_help"),
            persist_state="session",
        )
    st.selectbox(
        t("tuning.years_above"),
        [ANY_YEAR, *range(LARGEST_STEP + 1)],
        format_func=lambda years: (
            t("tuning.years_any") if years == ANY_YEAR else t("tuning.years_at_most", years=years)
        ),
        key=_YEARS,
        help=t("tuning.years_above_help"),
        persist_state="session",
    )


def current_options() -> ListOptions:
    """What the choices say, after `weights_sliders.follow_in_force`."""
    return _options({key: st.session_state[key] for key in _values(DEFAULT_OPTIONS)})


def as_shown(options: ListOptions) -> ListOptions:
    """What the choices say after they were set to these options."""
    return _options(_values(options))


def _options(said: Mapping[str, Any]) -> ListOptions:
    return ListOptions(
        said[_VARIETY] / FULL,
        said[_CAP] or None,
        Grouping(said[_GROUPING]),
        tuple(sorted(said[_CATEGORIES])),
        None if said[_YEARS] == ANY_YEAR else said[_YEARS],
    )


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
    if options.excluded_categories:
        parts.append(t("tuning.excluded_said", categories=", ".join(options.excluded_categories)))
    if options.years_above is not None:
        parts.append(t("tuning.years_said", years=options.years_above))
    return ", ".join(parts) or t("tuning.options_default")


def _values(options: ListOptions) -> dict[str, Any]:
    return {
        _VARIETY: round(options.diversity * FULL),
        _CAP: options.department_cap or 0,
        _GROUPING: options.grouping,
        _CATEGORIES: list(options.excluded_categories),
        _YEARS: ANY_YEAR if options.years_above is None else options.years_above,
    }
