"""What still has to be done before recommendations: courses, students, vectors, and the job that makes vectors."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.embedding import plan_embedding, start_embedding
from core.pipeline.jobs import active_job, cancel_job, job_progress, last_failure, pause_job, resume_job
from core.pipeline.recommendation import Readiness, RecommendationReport, latest_run, readiness
from core.pipeline.releases import first_is_due, plan_release, publish_first, unpublished, withdrawn
from core.pipeline.settings import read_settings
from core.records import JobKind, JobStatus
from pages.widgets.display import plain
from pages.widgets.job_view import draw_progress
from pages.widgets.model_install import draw_install
from pages.widgets.navigation import go_to_button, page_title
from pages.widgets.rights import permitted_button
from pages.widgets.session import application, guard

REFRESH_SECONDS = 2.0


def recommendations_are_ready(catalog_id: str, t: Translator) -> bool:
    """True when lists can be computed; otherwise draws what is missing and the next thing to do.

    Vectors may be made all the same, of drafts: no list waits for those.
    """
    state = readiness(application(), catalog_id)
    if state.is_ready:
        _draw_unpublished(catalog_id, t)
    elif active_job(application(), catalog_id, JobKind.EMBED) is not None:
        _draw_running(catalog_id, t)
    else:
        _draw_missing(catalog_id, state, t)
    return state.is_ready


def draw_outdated(catalog_id: str, t: Translator) -> None:
    """Says that the stored lists were made from other data or weights, and where to make them anew."""
    run = latest_run(application(), catalog_id)
    if run is not None and run.outdated:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="outdated"):
            text = t("students.outdated", changes=what_changed(run, t), button=t("weights.recompute"))
            st.markdown(f":orange[:material/update:] {text}", width="stretch")
            go_to_button("weights", t("overview.open_page", page=page_title("weights", t)), key="steps_weights")


def what_changed(run: RecommendationReport, t: Translator) -> str:
    """Sentences that say why the lists of a run are outdated."""
    return " ".join(t.message(change) for change in run.outdated)


def _draw_unpublished(catalog_id: str, t: Translator) -> None:
    """Says that approved texts wait for a release, or withdrawn ones are still in use, and where to publish."""
    waiting, dropped = unpublished(application(), catalog_id), withdrawn(application(), catalog_id)
    if waiting or dropped:
        counts = {"unpublished": waiting, "withdrawn": dropped}
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="unpublished"):
            sentences = [t(f"release.steps.{name}", count=count) for name, count in counts.items() if count]
            st.markdown("  \n".join(sentences), width="stretch")
            go_to_button("review", t("release.steps.open_review"), key="steps_review")


def _draw_missing(catalog_id: str, state: Readiness, t: Translator) -> None:
    with st.container(border=True, key="recommendation_steps"):
        st.markdown(f"#### :material/checklist: {t('weights.steps_title')}")
        for message in state.missing:
            st.markdown(f"- {plain(t.message(message))}")
        _draw_last_failure(catalog_id, t)
        missing = {message.key for message in state.missing}
        if "pipeline.missing.courses" in missing:
            go_to_button("catalog", t("weights.open_catalog"), key="steps_catalog", primary=True)
        elif "pipeline.missing.students" in missing:
            go_to_button("students", t("weights.open_students"), key="steps_students", primary=True)
        else:
            _draw_start(catalog_id, t)


def _draw_last_failure(catalog_id: str, t: Translator) -> None:
    error = last_failure(application(), catalog_id, JobKind.EMBED)
    if error is not None:
        st.error(plain(t.message(error)), icon=":material/error:")


def _draw_start(catalog_id: str, t: Translator) -> None:
    app = application()
    st.caption(t("weights.embed_help"))
    draw_install(app, t)
    count, release = plan_embedding(app, catalog_id).missing, plan_release(app, catalog_id)
    label = t("weights.embed", count=count)
    if first_is_due(release):
        st.markdown(plain(t("release.steps.first", count=len(release.texts), name=release.name)))
        st.caption(plain(t.message(release.reason)))
        label = t("release.steps.publish_and_embed", count=len(release.texts))
    if permitted_button(Permission.RUN, label, icon=":material/hub:", key="embed_start", primary=True):
        publish_first(app, catalog_id, by=read_settings(app).actor)
        start_embedding(app, catalog_id)
        st.rerun()


@st.fragment(run_every=REFRESH_SECONDS)
@guard()
def _draw_running(catalog_id: str, t: Translator) -> None:
    app = application()
    job = active_job(app, catalog_id, JobKind.EMBED)
    if job is None:
        st.rerun()
    with st.container(border=True, key="embed_progress"):
        st.markdown(f"#### :material/hub: {t('weights.embedding')}")
        draw_progress(job_progress(app, job.job_id), t)
        with st.container(horizontal=True):
            run = partial(permitted_button, Permission.RUN)
            if job.status is JobStatus.PAUSED:
                if run(t("weights.embed_resume"), icon=":material/play_arrow:", key="embed_resume", primary=True):
                    resume_job(app, job.job_id)
            elif run(t("weights.embed_pause"), icon=":material/pause:", key="embed_pause"):
                pause_job(app, job.job_id)
            if run(t("weights.embed_cancel"), icon=":material/stop:", key="embed_cancel"):
                cancel_job(app, job.job_id)
