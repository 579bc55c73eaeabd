"""Before and after, as in the report: one course at a time in two precisions, and as a job writes today."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.charts import performance as performance_charts
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.before_after import BeforeAfterView, Way, latest_before_after, plan_before_after
from pages.widgets.display import draw_chart, plain
from pages.widgets.formats import duration
from pages.widgets.measuring_panel import draw_circumstances, start_button

_MIB_PER_GB = 1e9 / 2**20  # the report counts memory in GB


def draw_before_after(app: Application, t: Translator, *, is_running: bool) -> None:
    """The section of the Performance page."""
    st.markdown(f"#### {t('performance.before_after')}")
    st.caption(t("performance.before_after_text"))
    label = t("performance.measure_before_after")
    start_button(app, t, label, lambda: plan_before_after(app), key="before_after_start", is_running=is_running)
    view = latest_before_after(app)
    if view is not None:
        _draw_found(view, t)


def _draw_found(view: BeforeAfterView, t: Translator) -> None:
    ours = view.ways[-1]
    if ours.factor is not None:
        st.success(plain(_verdict(view, t)), icon=":material/rocket_launch:")
    for way in view.ways:
        if way.error is not None:
            st.warning(plain(f"{_name(way, t)}: {t.message(way.error)}"), icon=":material/error:")
    draw_circumstances(view.machine["model_ref"], view.machine["catalog"], view.made_at, t, was_busy=view.was_busy)
    names = [_name(way, t) for way in view.ways]
    draw_chart(
        performance_charts.compare(
            names,
            {
                t("performance.reported"): [way.reported_seconds for way in view.ways],
                t("performance.here"): [way.seconds_per_course for way in view.ways],
            },
            unit=t("widgets.unit_seconds"),
            x_label=t("performance.log_seconds_course"),
            log_scale=True,
        ),
        key="before_after_chart",
        alt=t("performance.before_after"),
    )
    st.dataframe(_table(view, names, t), key="before_after_table", hide_index=True)


def _verdict(view: BeforeAfterView, t: Translator) -> str:
    ours = view.ways[-1]
    middle = next((way for way in view.ways if way.name == "one_float32" and way.factor), None)
    over_middle = ours.factor / middle.factor if ours.factor and middle and middle.factor else None
    return t(
        "performance.before_after_verdict",
        factor=short_factor(ours.factor or 0.0),
        over_float32=short_factor(over_middle or 0.0),
        seconds=duration(ours.seconds_per_course or 0.0, t),
    )


def _table(view: BeforeAfterView, names: list[str], t: Translator) -> dict[str, list[Any]]:
    dash = t("widgets.none")

    def seconds(value: float | None) -> str:
        return dash if value is None else duration(value, t)

    def times(value: float | None) -> str:
        return dash if value is None else t("performance.factor_short", factor=short_factor(value))

    return {
        t("performance.way"): names,
        t("performance.reported_seconds"): [seconds(way.reported_seconds) for way in view.ways],
        t("performance.reported_factor"): [times(way.reported_factor) for way in view.ways],
        t("performance.reported_memory"): [
            dash if way.reported_gb is None else f"{way.reported_gb:.1f} GB" for way in view.ways
        ],
        t("performance.here_seconds"): [seconds(way.seconds_per_course) for way in view.ways],
        t("performance.here_factor"): [times(way.factor) for way in view.ways],
        t("performance.here_memory"): [
            f"{way.peak_mib / _MIB_PER_GB:.1f} GB" if way.peak_mib else dash for way in view.ways
        ],
        t("performance.rounds"): [str(way.rounds) for way in view.ways],
    }


def _name(way: Way, t: Translator) -> str:
    made = way.configuration
    if way.name == "ours":
        return t("performance.way_ours", engine=made.engine, precision=made.precision, batch=made.batch_size)
    return t("performance.way_one", precision=made.precision)


def short_factor(factor: float) -> str:
    """A factor with as many digits as count."""
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"
