"""Where the time of one generation goes: the choice of two precisions, what it means, charts and sorted tables."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.charts import performance as performance_charts
from core.i18n import Translator
from core.measurement.profile import FAMILIES, PYTHON, REST, ComparedPart, PrecisionProfile
from core.pipeline.application import Application
from core.pipeline.profile import (
    BATCHES,
    DEFAULT_BATCH,
    DEFAULT_PRECISIONS,
    PRECISIONS,
    ProfileView,
    latest_profile,
    plan_profile,
)
from pages.widgets.display import draw_chart, plain
from pages.widgets.formats import duration, moment
from pages.widgets.measuring_panel import start_button


def draw_profile(app: Application, t: Translator, *, is_running: bool) -> None:
    """The section of the Performance page."""
    st.markdown(f"#### {t('profile.title')}")
    st.caption(t("profile.text"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first_default, second_default = (PRECISIONS.index(precision) for precision in DEFAULT_PRECISIONS)
        first = st.selectbox(t("profile.first"), PRECISIONS, first_default, key="profile_first", width=160)
        second = st.selectbox(t("profile.second"), PRECISIONS, second_default, key="profile_second", width=160)
        batch = st.selectbox(t("profile.batch"), BATCHES, BATCHES.index(DEFAULT_BATCH), key="profile_batch", width=200)
        start_button(
            app,
            t,
            t("profile.start"),
            lambda: plan_profile(app, (first, second), batch),
            key="profile_start",
            is_running=is_running,
            icon=":material/troubleshoot:",
        )
    view = latest_profile(app)
    if view is None:
        st.caption(t("profile.none_yet"))
    else:
        _draw_found(view, t)


def _draw_found(view: ProfileView, t: Translator) -> None:
    sentences = " ".join(plain(t.message(finding)) for finding in view.findings)
    st.info(sentences, icon=":material/insights:")
    if view.was_busy:
        st.warning(t("measuring.busy"), icon=":material/groups:")
    about = view.machine
    when = moment(view.made_at, t)
    st.caption(
        plain(t("profile.about", model=about["model_ref"], batch=view.batch_size, catalog=about["catalog"], when=when))
    )
    st.caption(" · ".join(plain(_facts(each, t)) for each in (view.first, view.second)))
    chart_place, table_place = st.columns([1, 2], gap="medium")
    with chart_place:
        st.markdown(f"**{t('profile.families')}**")
        _draw_families(view, t)
        st.caption(t("profile.report_says"))
    operators, functions = table_place.tabs([t("profile.operators"), t("profile.functions")])
    with operators:
        _draw_table(view.operators, view, t, kind="operator")
    with functions:
        _draw_table(view.functions, view, t, kind="function")


def _facts(profile: PrecisionProfile, t: Translator) -> str:
    seconds = duration(profile.seconds, t)
    memory = round(profile.peak_mib)
    return t("profile.facts", precision=profile.precision, seconds=seconds, tokens=profile.new_tokens, memory=memory)


def _draw_families(view: ProfileView, t: Translator) -> None:
    draw_chart(
        performance_charts.compare(
            [t(f"profile.family.{family}") for family in FAMILIES],
            {
                profile.precision: [round(profile.seconds_of(family), 3) for family in FAMILIES]
                for profile in (view.first, view.second)
            },
            unit=t("widgets.unit_seconds"),
            x_label=t("profile.seconds_axis"),
        ),
        key="profile_chart",
        alt=t("profile.families"),
    )


def _draw_table(rows: Sequence[ComparedPart], view: ProfileView, t: Translator, *, kind: str) -> None:
    first, second = view.first.precision, view.second.precision
    seconds = [t("profile.column.seconds", precision=precision) for precision in (first, second)]
    shares = [t("profile.column.share", precision=precision) for precision in (first, second)]
    number = st.column_config.NumberColumn
    st.dataframe(
        {
            t(f"profile.column.{kind}"): [_part_name(row.name, t) for row in rows],
            seconds[0]: [row.first_seconds for row in rows],
            seconds[1]: [row.second_seconds for row in rows],
            t("profile.column.difference"): [row.difference for row in rows],
            t("profile.column.factor"): [row.factor for row in rows],
            shares[0]: [row.first_share for row in rows],
            shares[1]: [row.second_share for row in rows],
            t("profile.column.calls"): [row.calls for row in rows],
        },
        key=f"profile_{kind}s",
        hide_index=True,
        column_config={
            **{name: number(format="%.3f") for name in seconds},
            **{name: number(format="percent") for name in shares},
            t("profile.column.difference"): number(format="%+.3f"),
            t("profile.column.factor"): number(format="%.1f"),
        },
    )


def _part_name(name: str, t: Translator) -> str:
    names = {PYTHON: "profile.part.python", REST: "profile.part.rest"}
    return t(names[name]) if name in names else name
