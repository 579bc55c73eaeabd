"""A run before it starts: what it will write, what it will not and why, how long it may take."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.measurement.forecast import Forecast
from core.pipeline.application import Application
from core.pipeline.enhancement import (
    MAX_TRIAL_COURSES,
    EnhancementOptions,
    EnhancementPlan,
    plan_enhancement,
    start_enhancement,
    try_on,
)
from core.pipeline.settings import read_settings
from core.pipeline.triage import read_triage
from core.records import Catalog, Course, Job
from pages.widgets.display import Figure, course_table, metric_row, plain
from pages.widgets.enhance_choices import draw_options, draw_scope
from pages.widgets.formats import duration, span
from pages.widgets.rights import may, reason_why_not

_LISTED_COURSES = 1000


def draw_planner(app: Application, catalog: Catalog, t: Translator) -> Job | None:
    """Everything from the choice of courses to the start; gives back the job when one was started."""
    report = read_triage(app, catalog.catalog_id)
    st.markdown(f"#### {t('enhance.which')}")
    scope = draw_scope(report, t)
    st.markdown(f"#### {t('enhance.how')}")
    place = st.container()
    with st.expander(t("enhance.settings"), icon=":material/tune:"):
        options = draw_options(read_settings(app), t)
    plan = plan_enhancement(app, catalog.catalog_id, scope, options)
    with place:
        draw_engine(plan, t)
    if plan.previews:
        with st.expander(t("enhance.prompt"), icon=":material/chat:"):
            st.code(plan.previews[0], language=None, wrap_lines=True)
    st.markdown(f"#### {t('enhance.run')}")
    summary_place, buttons_place = st.container(), st.container(horizontal=True)
    triage = {row.course.course_key: row.triage for row in report.courses}
    st.caption(t("enhance.pick_rows"))
    picked = course_table(plan.courses[:_LISTED_COURSES], t, key="planned", triage=triage, selection="many", height=360)
    if picked:
        keys = frozenset(course.course_key for course in picked)
        plan = plan_enhancement(app, catalog.catalog_id, replace(scope, course_keys=keys), options)
    with summary_place:
        draw_summary(plan, t)
    with buttons_place:
        return draw_buttons(app, plan, picked, options, t)


def draw_engine(plan: EnhancementPlan, t: Translator) -> None:
    """Model, engine, precision and device, with the reason for the precision."""
    facts = t(
        "enhance.engine_facts",
        model=plan.model_ref,
        engine=plan.engine,
        precision=plan.precision,
        device=plan.device.upper(),
    )
    st.markdown(f":material/memory: {plain(facts)}")
    st.caption(plain(f"{t.message(plan.engine_reason)} {t.message(plan.precision_reason)}"))


def draw_summary(plan: EnhancementPlan, t: Translator) -> None:
    """How many courses, how long, and what is refused with the reasons."""
    figures = [
        Figure(t("enhance.to_write"), len(plan.courses)),
        Figure(t("enhance.cached"), len(plan.cached), help=t("enhance.cached_help")),
        Figure(t("enhance.refused"), len(plan.refused)),
    ]
    if plan.courses:
        figures.append(_expected(plan.forecast, t))
    metric_row(figures)
    if plan.already_written:
        st.caption(t("enhance.already_written", count=plan.already_written))
    if plan.refused:
        draw_refused(plan, t)


def _expected(forecast: Forecast | None, t: Translator) -> Figure:
    if forecast is None:
        expected, note = t("enhance.unknown"), t("enhance.try_first")
    else:
        expected, note = duration(forecast.seconds, t), span(forecast.low, forecast.high, t)
    return Figure(t("enhance.expected"), expected, help=t("enhance.expected_help"), note=note)


def draw_refused(plan: EnhancementPlan, t: Translator) -> None:
    """Why courses are left out, and which."""
    for reason, count in plan.refused_by_reason:
        sentence = plain(t("enhance.refused_reason", count=count, reason=reason))
        st.warning(sentence, icon=":material/block:")
    with st.expander(t("enhance.refused_courses"), icon=":material/list:"):
        listed = plan.refused[:_LISTED_COURSES]
        course_table(
            [refused.course for refused in listed],
            t,
            key="refused",
            extra={t("widgets.reason"): [t.message(refused.reason) for refused in listed]},
        )


def draw_buttons(
    app: Application, plan: EnhancementPlan, picked: list[Course], options: EnhancementOptions, t: Translator
) -> Job | None:
    """Start, or try it on a few courses first."""
    total = len(plan.courses) + len(plan.cached)
    if st.button(
        t("enhance.start_picked" if picked else "enhance.start", count=total),
        type="primary",
        icon=":material/play_arrow:",
        disabled=(not total) or not may(Permission.RUN),
        help=reason_why_not(Permission.RUN),
        key="start_picked" if picked else "start_enhancement",  # all are not started where a few were meant
    ):
        return start_enhancement(app, plan)
    trial = plan.courses[:MAX_TRIAL_COURSES]
    if st.button(
        t("enhance.try_on", count=len(trial)),
        icon=":material/science:",
        disabled=(not trial) or not may(Permission.RUN),
        help=reason_why_not(Permission.RUN) or (t("enhance.try_help")),
        key="try_on",
    ):
        return try_on(app, plan.catalog_id, [course.course_key for course in trial], options)
    return None
