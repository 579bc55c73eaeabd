"""Enhance: choose courses, see what it costs, start, watch, look at past runs."""

import streamlit as st

from core.access.roles import Permission
from core.errors import CourseLiftError
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.enhancement import MAX_TRIAL_COURSES
from core.pipeline.jobs import active_job, job_report, list_jobs, retry_failed
from core.records import Catalog, Job, JobKind
from pages.widgets.enhance_live import draw_live, draw_texts
from pages.widgets.enhance_plan import draw_planner
from pages.widgets.formats import moment
from pages.widgets.job_view import draw_report, job_status
from pages.widgets.model_install import draw_install, model_is_missing
from pages.widgets.navigation import go_to_button
from pages.widgets.picking import table_key
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, catalog_or_way_there, show, show_error, translator


def draw() -> None:
    """The page: the running job when there is one, else the last result, the plan of the next run and past runs."""
    app, t = application(), translator()
    st.title(t("enhance.title"))
    catalog = catalog_or_way_there(t)
    if catalog is None:
        return
    draw_install(app, t)
    job = active_job(app, catalog.catalog_id, JobKind.ENHANCE)
    if job is not None:
        st.session_state["watched_job"] = job.job_id
        draw_live(job, t)
        return
    past = list(list_jobs(app, JobKind.ENHANCE, catalog_id=catalog.catalog_id))
    draw_result(app, past, t)
    if not model_is_missing(app):
        try_to_plan(app, catalog, t)
    draw_past(app, past, t)


def try_to_plan(app: Application, catalog: Catalog, t: Translator) -> None:
    """The plan of the next run; what is wrong with it must not hide the runs below."""
    try:
        started = draw_planner(app, catalog, t)
    except CourseLiftError as error:
        show_error(error)
        return
    if started is not None:
        st.rerun()


def draw_result(app: Application, past: list[Job], t: Translator) -> None:
    """The job that has ended while this session watched it."""
    job = next((job for job in past if job.job_id == st.session_state.get("watched_job")), None)
    if job is None:
        return
    with st.container(border=True, key="job_result"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"#### {t('enhance.result_title', status=job_status(job, t))}", width="content")
            if st.button(t("enhance.close"), icon=":material/close:", type="tertiary", key="close_result"):
                del st.session_state["watched_job"]
                st.rerun()
        draw_report(job_report(app, job.job_id), t, key="result")
        draw_texts(app, job.job_id, t, MAX_TRIAL_COURSES)
        with st.container(horizontal=True):
            go_to_button("review", t("enhance.go_review"), key="go_review", primary=True)
            draw_retry(app, job, t)


def draw_retry(app: Application, job: Job, t: Translator) -> None:
    """The button that tries failed courses again, when there are any."""
    count = job.failed + job.set_aside
    if count and st.button(
        t("enhance.retry", count=count),
        icon=":material/replay:",
        disabled=not may(Permission.RUN),
        help=reason_why_not(Permission.RUN),
        key=f"retry_{job.job_id}",
    ):
        retry_failed(app, job.job_id)
        st.rerun()


def draw_past(app: Application, past: list[Job], t: Translator) -> None:
    """Past runs of this catalog; the picked one with everything about it."""
    if not past:
        return
    st.markdown(f"#### {t('enhance.past')}")
    answer = st.dataframe(
        {
            t("enhance.when"): [moment(job.created_at, t) for job in past],
            t("enhance.state"): [job_status(job, t) for job in past],
            t("enhance.total"): [job.total for job in past],
            t("widgets.done"): [job.done for job in past],
            t("widgets.failed"): [job.failed + job.set_aside for job in past],
            t("enhance.model"): [str(job.spec.get("model_ref", "")) for job in past],
            t("enhance.precision"): [str(job.spec.get("precision", "")) for job in past],
        },
        key=table_key("past_jobs", [job.job_id for job in past]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = answer["selection"]["rows"]
    if not picked:
        st.caption(t("enhance.pick_job"))
        return
    job = past[picked[0]]
    draw_report(job_report(app, job.job_id), t, key="past")
    draw_retry(app, job, t)


show(draw)
