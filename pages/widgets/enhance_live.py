"""A run while it goes on: progress, control, the newest texts, charts. Closing the browser changes nothing."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline import jobs
from core.pipeline.application import Application
from core.records import Job, JobStatus
from pages.widgets.display import plain
from pages.widgets.formats import duration
from pages.widgets.job_view import draw_engine_note, draw_job_charts, draw_progress, draw_progress_figures
from pages.widgets.marked_text import added_legend, enhancement_text
from pages.widgets.rights import permitted_button
from pages.widgets.session import application, guard

_REFRESH_SECONDS = 2
_LATEST_TEXTS = 3


def draw_live(job: Job, t: Translator) -> None:
    """The running or paused job; refreshes itself only while it runs."""
    refresh = None if job.status is JobStatus.PAUSED else _REFRESH_SECONDS
    st.fragment(_draw_job, run_every=refresh)(job, t)


@guard()
def _draw_job(seen: Job, t: Translator) -> None:
    app = application()  # asked for each time: a restore opens another
    progress = jobs.job_progress(app, seen.job_id)
    if progress.job.status is not seen.status:
        st.rerun()
    with st.container(border=True, key="live_job"):
        draw_progress(progress, t)
        _draw_control(app, progress.job, t)
    report = jobs.job_report(app, seen.job_id)
    draw_engine_note(report, t)
    draw_progress_figures(progress, t)
    draw_job_charts(report, t, key="live")
    draw_texts(app, seen.job_id, t)
    st.caption(t("enhance.paused_kept" if progress.job.status is JobStatus.PAUSED else "enhance.may_close"))


def _draw_control(app: Application, job: Job, t: Translator) -> None:
    run = partial(permitted_button, Permission.RUN)
    with st.container(horizontal=True):
        if job.status is JobStatus.PAUSED:
            if run(t("enhance.resume"), icon=":material/play_arrow:", key="resume_job", primary=True):
                jobs.resume_job(app, job.job_id)
                st.rerun()
        elif run(t("enhance.pause"), icon=":material/pause:", key="pause_job"):
            jobs.pause_job(app, job.job_id)
            st.toast(t("enhance.pausing"))
        if run(t("enhance.cancel"), icon=":material/stop:", key="cancel_job", help=t("enhance.cancel_help")):
            jobs.cancel_job(app, job.job_id)
            if job.status is JobStatus.PAUSED:  # it has ended at once, and a page does not look at paused runs again
                st.rerun()
            st.toast(t("enhance.cancelling"))


def draw_texts(app: Application, job_id: str, t: Translator, limit: int = _LATEST_TEXTS) -> None:
    """The newest texts of a job, beside what the catalog said before."""
    written = jobs.latest_drafts(app, job_id, limit)
    if not written:
        return
    st.markdown(f"#### {t('enhance.latest')}")
    added_legend(t("review.legend_added"))
    for item in written:
        course, enhancement = item.course, item.enhancement
        with st.container(border=True):
            title_place, facts_place = st.columns([3, 1])
            title_place.markdown(f"**{plain(f'{course.code} {course.title}'.strip())}**")
            facts = t("enhance.text_facts", tokens=enhancement.new_tokens, time=duration(enhancement.seconds, t))
            facts_place.caption(plain(facts), text_alignment="right")
            enhancement_text(course, enhancement, t)
            before = course.description or t("enhance.nothing")
            st.caption(plain(t("enhance.before", text=before)))
