"""A prompt tried on a few courses before it is saved: the texts beside what the checks say."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.enhancement.prompts import PromptTemplate
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.enhancement import MAX_TRIAL_COURSES, EnhancementOptions, try_on
from core.pipeline.jobs import active_job, job_progress, latest_drafts
from core.pipeline.prompts import prompts_to_try
from core.records import Catalog, Course, JobKind, Severity
from pages.widgets.display import plain
from pages.widgets.marked_text import enhancement_text
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, guard

_JOB = "prompt_trial_job"
_PRESET_COURSES = 3
_LISTED_COURSES = 300
_REFRESH_SECONDS = 1


def draw_trial(
    app: Application, catalog: Catalog, template: PromptTemplate, courses: list[Course], t: Translator
) -> None:
    """Choose among `courses`, let the model write them with `template`, read the texts."""
    st.markdown(f"#### {t('prompts.try_title')}")
    st.caption(t("prompts.try_text"))
    listed = {course.course_key: course for course in courses[:_LISTED_COURSES]}
    chosen = st.multiselect(
        t("prompts.try_courses"),
        list(listed),
        default=list(listed)[:: max(1, len(listed) // _PRESET_COURSES)][:_PRESET_COURSES],
        max_selections=MAX_TRIAL_COURSES,
        format_func=lambda key: f"{listed[key].code} {listed[key].title}".strip(),
        key=f"prompt_trial_{template.language}",
    )
    busy = active_job(app, catalog.catalog_id, JobKind.ENHANCE)
    if busy is not None and busy.job_id != st.session_state.get(_JOB):
        st.info(t("prompts.try_busy"), icon=":material/hourglass:")
        return
    if st.button(
        t("prompts.try_start", count=len(chosen)),
        icon=":material/science:",
        disabled=(not chosen or busy is not None) or not may(Permission.RUN),
        help=reason_why_not(Permission.RUN) or (None if chosen else t("prompts.try_none")),
        key="prompt_try",
    ):
        options = EnhancementOptions(prompts=prompts_to_try(app, template))
        job = try_on(app, catalog.catalog_id, chosen, options)
        st.session_state[_JOB] = job.job_id
        st.rerun()
    if job_id := st.session_state.get(_JOB):
        is_running = busy is not None
        st.fragment(_draw_texts, run_every=_REFRESH_SECONDS if is_running else None)(job_id, is_running, t)


@guard()
def _draw_texts(job_id: str, was_running: bool, t: Translator) -> None:
    app = application()
    job = job_progress(app, job_id).job
    if was_running and job.status.is_final:
        st.rerun()
    if not job.status.is_final:
        st.progress(job.done / max(1, job.total), t("prompts.try_running"))
    if job.error is not None:
        st.error(plain(t.message(job.error)))
    for item in latest_drafts(app, job_id, MAX_TRIAL_COURSES):
        hard = sum(finding.severity is Severity.HARD for finding in item.enhancement.findings)
        others = len(item.enhancement.findings) - hard
        with st.container(border=True):
            st.markdown(f"**{plain(f'{item.course.code} {item.course.title}'.strip())}**")
            enhancement_text(item.course, item.enhancement, t)
            verdict = t("prompts.findings", hard=hard, others=others) if hard or others else t("prompts.no_findings")
            st.caption(plain(verdict))
