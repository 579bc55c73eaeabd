"""The report's figures beside ours, forecasts against what came, the runs, and all figures to take away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.charts import performance as performance_charts
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.forecasts import ForecastOutcome, record_of
from core.pipeline.jobs import job_report
from core.pipeline.performance import PerformanceView, ReportFigure, RunRow
from core.pipeline.performance_export import performance_to_csv
from pages.widgets.display import draw_chart, plain
from pages.widgets.formats import duration, moment, span
from pages.widgets.job_view import draw_job_charts, draw_timings
from pages.widgets.navigation import go_to_button
from pages.widgets.performance_before_after import short_factor
from pages.widgets.picking import table_key


def draw_download(app: Application, view: PerformanceView, t: Translator) -> None:
    """Everything on the page as one CSV file."""
    st.download_button(
        t("performance.download"),
        lambda: performance_to_csv(app, view, t),
        file_name="courselift-performance.csv",
        mime="text/csv",
        key="performance_download",
        icon=":material/download:",
        help=t("performance.download_help"),
        on_click="ignore",
    )


def draw_figures(figures: Sequence[ReportFigure], t: Translator) -> None:
    """The report's figures and ours, as bars and as a table with the factor between them."""
    st.markdown(f"#### {t('performance.compared')}")
    st.caption(t("performance.compared_help"))
    chart_place, table_place = st.columns(2, gap="medium")
    names = [t.message(figure.name) for figure in figures]
    with chart_place:
        draw_chart(
            performance_charts.compare(
                names,
                {
                    t("performance.reported"): [figure.reported_seconds for figure in figures],
                    t("performance.here"): [figure.measured_seconds for figure in figures],
                },
                unit=t("widgets.unit_seconds"),
                x_label=t("performance.log_seconds"),
                log_scale=True,
            ),
            key="compared_chart",
            alt=t("performance.compared"),
        )
    dash = t("widgets.none")
    table_place.dataframe(
        {
            t("performance.what"): names,
            t("performance.reported"): [duration(figure.reported_seconds, t) for figure in figures],
            t("performance.here"): [
                dash if figure.measured_seconds is None else duration(figure.measured_seconds, t) for figure in figures
            ],
            t("performance.factor"): [_factor(figure, t) for figure in figures],
        },
        key="compared_table",
        hide_index=True,
    )


def _factor(figure: ReportFigure, t: Translator) -> str:
    if not figure.measured_seconds:
        return t("widgets.none")
    return t("performance.factor_short", factor=short_factor(figure.reported_seconds / figure.measured_seconds))


def draw_forecasts(outcomes: Sequence[ForecastOutcome], t: Translator) -> None:
    """What was foretold about finished jobs beside the time they took, and how often the range was right."""
    st.markdown(f"#### {t('performance.forecasts')}")
    st.caption(t("performance.forecasts_text"))
    if not outcomes:
        st.caption(t("performance.no_forecasts"))
        return
    record = record_of([outcome for outcome in outcomes if outcome.after])
    if record is not None:
        error = f"{record.median_error:.0%}"
        st.markdown(plain(t("performance.forecast_record", count=record.count, within=record.within, error=error)))
    st.dataframe(
        {
            t("performance.finished"): [moment(outcome.job.finished_at, t) for outcome in outcomes],
            t("performance.kind"): [t(f"widgets.kind_{outcome.job.kind}") for outcome in outcomes],
            t("performance.made_after"): [_made_after(outcome, t) for outcome in outcomes],
            t("performance.remaining"): [outcome.remaining for outcome in outcomes],
            t("performance.foretold"): [duration(outcome.seconds, t) for outcome in outcomes],
            t("performance.range"): [span(outcome.low, outcome.high, t) for outcome in outcomes],
            t("performance.really"): [duration(outcome.actual_seconds, t) for outcome in outcomes],
            t("performance.off_by"): [None if outcome.was_interrupted else outcome.error for outcome in outcomes],
            t("performance.verdict"): [_verdict(outcome, t) for outcome in outcomes],
        },
        key="forecasts",
        hide_index=True,
        column_config={t("performance.off_by"): st.column_config.NumberColumn(format="percent")},
    )


def _made_after(outcome: ForecastOutcome, t: Translator) -> str:
    return t("performance.after_items", count=outcome.after) if outcome.after else t("performance.before_start")


def _verdict(outcome: ForecastOutcome, t: Translator) -> str:
    if outcome.was_interrupted:
        return t("performance.interrupted")
    return t("performance.held" if outcome.was_within_range else "performance.missed")


def draw_runs(app: Application, view: PerformanceView, t: Translator) -> None:
    """The table of runs, the picked one with its parts, else the parts of all runs together."""
    st.markdown(f"#### {t('performance.runs')}")
    if not view.runs:
        st.markdown(t("performance.no_runs"))
        go_to_button("enhance", t("performance.go_enhance"), key="performance_go_enhance", primary=True)
        return
    if len(view.runs) > 1:
        _draw_speeds(view.runs, t)
    run = _pick_run(view.runs, t)
    if run is None:
        st.caption(t("performance.pick_run"))
        st.markdown(f"#### {t('performance.all_parts')}")
        draw_timings(view.timings, t, key="all_parts")
        return
    report = job_report(app, run.job.job_id)
    draw_job_charts(report, t, key="run")
    st.markdown(f"#### {t('widgets.parts_title')}")
    draw_timings(report.timings, t, key="run_parts")


def _draw_speeds(runs: Sequence[RunRow], t: Translator) -> None:
    """Seconds an item of each run over time: does it get slower from term to term?"""
    series = {
        t(f"widgets.kind_{kind}"): [
            (run.finished_at, run.seconds_per_item)
            for run in runs
            if run.job.kind == kind and run.finished_at is not None and run.items
        ]
        for kind in dict.fromkeys(run.job.kind for run in runs)
    }
    draw_chart(
        performance_charts.over_time(series, y_label=t("performance.per_item_log")),
        key="runs_over_time",
        alt=t("performance.runs"),
    )


def _pick_run(runs: Sequence[RunRow], t: Translator) -> RunRow | None:
    rows: dict[str, Sequence[Any]] = {
        t("performance.finished"): [moment(run.finished_at, t) for run in runs],
        t("performance.kind"): [t(f"widgets.kind_{run.job.kind}") for run in runs],
        t("performance.model"): [run.model for run in runs],
        t("performance.engine"): [run.engine for run in runs],
        t("performance.precision"): [run.precision for run in runs],
        t("performance.items"): [run.items for run in runs],
        t("performance.seconds"): [run.seconds for run in runs],
        t("performance.per_item"): [run.seconds_per_item for run in runs],
        t("performance.tokens"): [run.tokens_per_second or None for run in runs],
    }
    answer = st.dataframe(
        rows,
        key=table_key("runs", [run.job.job_id for run in runs]),
        hide_index=True,
        placeholder=t("widgets.none"),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            t("performance.seconds"): st.column_config.NumberColumn(format="%.1f"),
            t("performance.per_item"): st.column_config.NumberColumn(format="%.3f"),
            t("performance.tokens"): st.column_config.NumberColumn(format="%.0f"),
        },
    )
    picked = answer["selection"]["rows"]
    return runs[picked[0]] if picked else None
