"""Proof before publishing: start a measurement of lift, watch it, read the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.access.roles import Permission
from core.evaluation.lift import MIN_COURSES, LiftVerdict
from core.evaluation.ranking import Interval
from core.i18n import Translator
from core.pipeline.jobs import active_job, cancel_job, job_progress, last_failure, resume_job
from core.pipeline.lift import DEFAULT_COURSES, MAX_COURSES, LiftFigures, LiftView, list_lifts, start_lift
from core.records import JobKind, JobStatus
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.job_view import draw_progress
from pages.widgets.rights import permitted_button
from pages.widgets.session import application, guard

REFRESH_SECONDS = 2.0
_STEP = 50
_VERDICTS = {
    LiftVerdict.HELPS: (st.success, ":material/trending_up:"),
    LiftVerdict.NO_DIFFERENCE: (st.info, ":material/trending_flat:"),
    LiftVerdict.HARMS: (st.error, ":material/trending_down:"),
}


def draw_lift(catalog_id: str, t: Translator) -> None:
    """The panel: what was measured last, and the way to measure anew."""
    st.markdown(f"#### {t('lift.panel.title')}")
    st.caption(t("lift.panel.text"))
    if active_job(application(), catalog_id, JobKind.LIFT) is not None:
        _draw_running(catalog_id, t)
        return
    views = list_lifts(application(), catalog_id)
    _draw_failure(catalog_id, t)
    _draw_start(catalog_id, t, is_first=not views)
    if not views:
        st.info(t("lift.panel.none"), icon=":material/science:")
        return
    draw_verdict(views[0], t)
    _draw_texts(views[0], t)
    _draw_groups(views[0], t)
    _draw_earlier(views, t)


def draw_verdict(view: LiftView, t: Translator) -> None:
    """The verdict in one box, with its figures."""
    box, icon = _VERDICTS[view.verdict]
    box(plain(t.message(view.reason)), icon=icon)


def _draw_start(catalog_id: str, t: Translator, *, is_first: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        courses = st.number_input(
            t("lift.panel.courses"),
            min_value=MIN_COURSES,
            max_value=MAX_COURSES,
            value=DEFAULT_COURSES,
            step=_STEP,
            key="lift_courses",
            help=t("lift.panel.courses_help"),
            width=180,
        )
        if permitted_button(
            Permission.RUN,
            t("lift.panel.start"),
            icon=":material/science:",
            key="lift_start",
            help=t("lift.panel.start_help"),
            primary=is_first,
        ):
            with guard():
                start_lift(application(), catalog_id, courses=int(courses))
            st.rerun()


@st.fragment(run_every=REFRESH_SECONDS)
@guard()
def _draw_running(catalog_id: str, t: Translator) -> None:
    app = application()
    job = active_job(app, catalog_id, JobKind.LIFT)
    if job is None:
        st.rerun()
    with st.container(border=True, key="lift_progress"):
        draw_progress(job_progress(app, job.job_id), t)
        with st.container(horizontal=True):
            run = partial(permitted_button, Permission.RUN)
            if job.status is JobStatus.PAUSED and run(
                t("enhance.resume"), icon=":material/play_arrow:", key="lift_resume", primary=True
            ):
                resume_job(app, job.job_id)
            if run(t("lift.panel.cancel"), icon=":material/stop:", key="lift_cancel"):
                cancel_job(app, job.job_id)


def _draw_failure(catalog_id: str, t: Translator) -> None:
    error = last_failure(application(), catalog_id, JobKind.LIFT)
    if error is not None:
        st.error(plain(t("lift.panel.failed", reason=t.message(error))), icon=":material/error:")


def _draw_texts(view: LiftView, t: Translator) -> None:
    rows = [each for each in view.figures if each.group == "all"]
    rows.sort(key=lambda each: -each.reciprocal_rank.mean)
    st.dataframe(
        {
            t("lift.panel.column_text"): [t(f"lift.text.{each.text}") for each in rows],
            t("lift.panel.column_mrr"): [each.reciprocal_rank.mean for each in rows],
            t("lift.panel.column_interval"): [_interval(each.reciprocal_rank) for each in rows],
            t("lift.panel.column_recall"): [each.recall.mean for each in rows],
        },
        key="lift_texts",
        hide_index=True,
        column_config={
            t("lift.panel.column_mrr"): st.column_config.ProgressColumn(format="%.3f", min_value=0, max_value=1),
            t("lift.panel.column_recall"): st.column_config.NumberColumn(format="percent"),
        },
    )
    about = view.about
    st.caption(
        plain(
            t(
                "lift.panel.about",
                when=moment(view.made_at, t),
                prompt=about["prompt_version"],
                candidates=about["sample"]["candidates"],
                embedding=about["embedding"]["model_ref"],
                findings=about["with_hard_findings"],
                **{name: about[name] for name in ("model", "engine", "precision", "courses", "seed", "others")},
            )
        )
    )


def _draw_groups(view: LiftView, t: Translator) -> None:
    judged = [each for each in view.figures if each.group != "all" and each.difference is not None]
    if not judged:
        return
    simple = {(each.group, each.name): each for each in view.figures if each.text is view.strongest}
    with st.expander(t("lift.panel.groups")):
        st.dataframe(
            {
                t("lift.panel.column_group"): [each.name for each in judged],
                t("lift.panel.column_courses"): [each.reciprocal_rank.count for each in judged],
                t("lift.panel.column_simple"): [_mean(simple[each.group, each.name]) for each in judged],
                t("lift.panel.column_generated"): [_mean(each) for each in judged],
                t("lift.panel.column_difference"): [_interval(each.difference, signed=True) for each in judged],
                t("lift.panel.column_verdict"): [_verdict(each.verdict, t) for each in judged],
            },
            key="lift_groups",
            hide_index=True,
        )


def _draw_earlier(views: Sequence[LiftView], t: Translator) -> None:
    if len(views) < 2:
        return
    with st.expander(t("lift.panel.earlier")):
        st.dataframe(
            {
                t("lift.panel.column_when"): [moment(each.made_at, t) for each in views],
                t("lift.panel.column_model"): [each.about["model"] for each in views],
                t("lift.panel.column_prompt"): [each.about["prompt_version"] for each in views],
                t("lift.panel.column_courses"): [each.about["courses"] for each in views],
                t("lift.panel.column_difference"): [_interval(each.difference, signed=True) for each in views],
                t("lift.panel.column_verdict"): [_verdict(each.verdict, t) for each in views],
            },
            key="lift_earlier",
            hide_index=True,
        )


def _mean(figures: LiftFigures) -> str:
    return f"{figures.reciprocal_rank.mean:.3f}"


def _interval(interval: Interval | None, *, signed: bool = False) -> str:
    if interval is None:
        return ""
    if signed:
        return f"{interval.mean:+.3f} ({interval.low:+.3f} … {interval.high:+.3f})"
    return f"{interval.low:.3f} … {interval.high:.3f}"


def _verdict(verdict: LiftVerdict | None, t: Translator) -> str:
    return t("lift.panel.too_few_to_say") if verdict is None else t(f"lift.verdict.{verdict}")
