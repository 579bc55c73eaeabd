"""Performance: this machine, the rule for device and precision, the report's figures beside ours, runs and parts."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.charts import performance as performance_charts
from core.i18n import Translator
from core.measurement.hardware import MachineFacts
from core.pipeline.application import Application
from core.pipeline.jobs import job_report
from core.pipeline.performance import PerformanceView, ReportFigure, RunRow, performance_view
from pages.widgets.calibration_panel import draw_calibration
from pages.widgets.display import Figure, draw_chart, metric_row, plain
from pages.widgets.formats import duration, moment
from pages.widgets.job_view import draw_job_charts, draw_timings
from pages.widgets.measuring_panel import draw_measuring
from pages.widgets.navigation import go_to_button
from pages.widgets.session import application, current_catalog, show, translator

_MIB_PER_GIB = 1024


def draw() -> None:
    """The page."""
    app, t, catalog = application(), translator(), current_catalog()
    view = performance_view(app, catalog.catalog_id if catalog else None)
    st.title(t("performance.title"))
    is_running = draw_measuring(app, t)
    draw_machine(view, t)
    draw_calibration(app, t, is_running=is_running)
    draw_figures(view.figures, t)
    draw_runs(app, view, t)


def draw_machine(view: PerformanceView, t: Translator) -> None:
    """What this machine is, and what it makes of that: device and precision with the reason."""
    machine = view.machine
    st.markdown(f"#### {t('performance.machine')}")
    st.caption(plain(f"{machine.cpu} · {machine.system}"))
    metric_row(
        [
            Figure(t("performance.cores"), machine.usable_cores, help=t("performance.cores_help")),
            Figure(t("performance.memory"), _gib(machine.memory_mib)),
            Figure(t("performance.available"), _gib(machine.available_memory_mib)),
            Figure(t("performance.load"), f"{machine.load_average:.1f}", help=t("performance.load_help")),
            Figure(t("performance.gpu"), _gpus(machine, t)),
        ]
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(t("performance.instruction_sets"), width="content")
        for name in machine.instruction_sets:
            st.badge(name, color="gray")
    facts = t("performance.rule", device=view.device.upper(), precision=view.precision)
    st.info(f"**{plain(facts)}** {plain(t.message(view.precision_reason))}", icon=":material/memory:")


def _gib(mib: int) -> str:
    return f"{mib / _MIB_PER_GIB:,.1f} GiB"


def _gpus(machine: MachineFacts, t: Translator) -> str:
    return ", ".join(gpu.name for gpu in machine.gpus) or t("performance.no_gpu")


def draw_figures(figures: Sequence[ReportFigure], t: Translator) -> None:
    """The report's figures and ours, as bars and as a table with the factor between them."""
    st.markdown(f"#### {t('performance.compared')}")
    st.caption(t("performance.compared_help"))
    chart_place, table_place = st.columns(2, gap="large")
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
    return t("performance.times", factor=_short(figure.reported_seconds / figure.measured_seconds))


def _short(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"


def draw_runs(app: Application, view: PerformanceView, t: Translator) -> None:
    """The table of runs, the picked one with its parts, else the parts of all runs together."""
    st.markdown(f"#### {t('performance.runs')}")
    if not view.runs:
        st.markdown(t("performance.no_runs"))
        go_to_button("enhance", t("performance.go_enhance"), key="performance_go_enhance", primary=True)
        return
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
        key="runs",
        hide_index=True,
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


show(draw)
