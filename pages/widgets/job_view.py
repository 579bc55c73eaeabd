"""Drawing of jobs: progress while one runs, and figures, parts and charts of it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.charts import jobs as job_charts
from core.charts import performance as performance_charts
from core.i18n import Translator, load_catalog
from core.jobs.job_progress import JobProgress
from core.pipeline.jobs import JobReport, TimingRow
from core.records import Job, JobStatus
from pages.widgets.display import Figure, draw_chart, metric_row, plain
from pages.widgets.formats import duration, local, moment, rate, span

_CHARTED_ITEMS = 8  # fewer points make no line


def part_name(name: str, t: Translator) -> str:
    """A measured part in words; parts without a translation keep their own name."""
    return load_catalog(t.language).get(f"widgets.part_{name}", name)


def job_status(job: Job, t: Translator) -> str:
    """Where a job stands, in words."""
    return t(f"widgets.job_{job.status}")


def job_title(job: Job, t: Translator) -> str:
    """A job in a list: what it does, how much, when, how it stands."""
    return t(
        "widgets.job_title",
        kind=t(f"widgets.kind_{job.kind}"),
        total=job.total,
        when=moment(job.created_at, t),
        status=job_status(job, t),
    )


def draw_progress(progress: JobProgress, t: Translator) -> None:
    """The bar with what is being done, and what is left in words.

    Says why a job paused by itself, and warns when the worker shows no sign of life.
    """
    job = progress.job
    settled = job.total - job.pending
    left = progress.time_left
    text = plain(t.message(progress.phase))
    if job.status is JobStatus.PAUSED:
        text += " · " + t("widgets.settled_of", settled=settled, total=job.total)
    if left is not None and job.pending:
        text += " · " + plain(t("widgets.time_left", range=span(left.low, left.high, t)))
    st.progress(settled / job.total if job.total else 0.0, text=text)
    if not progress.is_responding:
        silence = duration(progress.seconds_since_beat or 0, t)
        st.warning(t("widgets.not_responding", silence=silence), icon=":material/hourglass_disabled:")
    if job.error is not None:
        st.error(plain(t.message(job.error)), icon=":material/error:")


def draw_progress_figures(progress: JobProgress, t: Translator) -> None:
    """Counts and speeds of a running job."""
    job = progress.job
    metric_row(
        [
            Figure(t("widgets.done"), job.done),
            Figure(t("widgets.failed"), job.failed, help=t("widgets.failed_help")),
            Figure(t("widgets.set_aside"), job.set_aside, help=t("widgets.set_aside_help")),
            Figure(t("widgets.left"), job.pending),
            Figure(t("widgets.per_minute"), rate(progress.items_per_minute, t)),
            Figure(t("widgets.tokens_per_second"), rate(progress.tokens_per_second, t, 0)),
            Figure(t("widgets.memory_mib"), rate(progress.rss_mib, t, 0)),
        ]
    )


def draw_report_figures(report: JobReport, t: Translator) -> None:
    """An ended job in one row of numbers, and how its forecast did."""
    job = report.job
    metric_row(
        [
            Figure(t("widgets.done"), job.done),
            Figure(t("widgets.from_cache"), report.cached, help=t("widgets.from_cache_help")),
            Figure(t("widgets.failed"), job.failed + job.set_aside, help=t("widgets.failed_help")),
            *([Figure(t("widgets.left"), job.pending)] if job.pending else []),
            Figure(t("widgets.took"), duration(report.seconds, t)),
            Figure(t("widgets.per_minute"), rate(report.courses_per_minute, t)),
            Figure(t("widgets.tokens_per_second"), rate(report.tokens_per_second, t, 0)),
        ]
    )
    check = report.forecast
    if check is not None:
        verdict = "widgets.forecast_held" if check.was_within_range else "widgets.forecast_missed"
        st.caption(
            plain(
                t(
                    verdict,
                    range=span(check.low_seconds, check.high_seconds, t),
                    actual=duration(check.actual_seconds, t),
                )
            )
        )


def draw_timings(timings: Sequence[TimingRow], t: Translator, *, key: str) -> None:
    """Named parts with seconds and share of the total, as the report's PerformanceMonitor printed them, and charted."""
    if not timings:
        st.caption(t("widgets.no_timings"))
        return
    table_place, chart_place = st.columns([2, 3], gap="large")
    rows: dict[str, Sequence[Any]] = {
        t("widgets.part"): [part_name(row.name, t) for row in timings],
        t("widgets.part_seconds"): [row.seconds for row in timings],
        t("widgets.part_share"): [row.share * 100 for row in timings],
        t("widgets.part_count"): [row.count for row in timings],
    }
    table_place.dataframe(
        rows,
        key=f"{key}_table",
        hide_index=True,
        column_config={
            t("widgets.part_seconds"): st.column_config.NumberColumn(format="%.2f"),
            t("widgets.part_share"): st.column_config.NumberColumn(format="%.1f %%"),
        },
    )
    with chart_place:
        draw_chart(
            performance_charts.parts(
                [(part_name(row.name, t), row.seconds) for row in timings],
                unit=t("widgets.unit_seconds"),
                x_label=t("widgets.part_seconds"),
            ),
            key=f"{key}_chart",
            alt=t("widgets.parts_title"),
        )


def draw_job_charts(report: JobReport, t: Translator, *, key: str) -> None:
    """Seconds a course, tokens a second and memory over time."""
    if len(report.series) < _CHARTED_ITEMS:
        return
    finished_at = [local(point.finished_at) for point in report.series]
    time_label = t("widgets.time")
    seconds_place, tokens_place, memory_place = st.columns(3)
    with seconds_place:
        st.markdown(f"**{t('widgets.seconds_per_course')}**")
        draw_chart(
            job_charts.seconds_per_course(
                finished_at,
                [point.seconds_per_item for point in report.series],
                course_label=t("widgets.one_course"),
                trend_label=t("widgets.median"),
                x_label=time_label,
                y_label=t("widgets.unit_seconds"),
            ),
            key=f"{key}_seconds",
            alt=t("widgets.seconds_per_course"),
        )
    with tokens_place:
        st.markdown(f"**{t('widgets.tokens_over_time')}**")
        draw_chart(
            job_charts.tokens_per_second(
                finished_at,
                [point.new_tokens for point in report.series],
                x_label=time_label,
                y_label=t("widgets.unit_tokens"),
            ),
            key=f"{key}_tokens",
            alt=t("widgets.tokens_over_time"),
        )
    with memory_place:
        st.markdown(f"**{t('widgets.memory_over_time')}**")
        draw_chart(
            job_charts.memory(
                finished_at,
                [point.rss_mib for point in report.series],
                x_label=time_label,
                y_label=t("widgets.unit_mib"),
            ),
            key=f"{key}_memory",
            alt=t("widgets.memory_over_time"),
        )


def draw_engine_note(report: JobReport, t: Translator) -> None:
    """Why another engine writes than the planned one, when it does."""
    if report.engine_note is not None:
        st.info(plain(t.message(report.engine_note)), icon=":material/info:")


def draw_report(report: JobReport, t: Translator, *, key: str) -> None:
    """Everything about one job: figures, charts, measured parts, and the reason when it failed."""
    if report.job.error is not None:
        st.error(plain(t.message(report.job.error)), icon=":material/error:")
    draw_engine_note(report, t)
    draw_report_figures(report, t)
    draw_job_charts(report, t, key=key)
    st.markdown(f"#### {t('widgets.parts_title')}")
    draw_timings(report.timings, t, key=f"{key}_parts")
