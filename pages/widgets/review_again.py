"""One course written again with other settings; the new draft comes into the queue as soon as it is there."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.jobs import active_job, cancel_job, job_progress
from core.pipeline.prompts import PromptVersion
from core.pipeline.rewriting import LARGEST_SEED, AgainSettings, first_settings, prompts_for, rewriting, write_again
from core.records import Course, Enhancement, Job, JobKind, JobStatus
from pages.widgets.display import plain
from pages.widgets.job_view import draw_progress
from pages.widgets.navigation import go_to_button
from pages.widgets.review_decisions import act, announce
from pages.widgets.rights import may, permitted_button, reason_why_not
from pages.widgets.session import application, guard

_JOBS = "review_again_jobs"  # catalog and course key -> job
_REFRESH_SECONDS = 1.0


def draw_again_form(course: Course, present: Enhancement, t: Translator) -> None:
    """What may be set, preset so that another text comes."""
    first = first_settings(application(), course, present)
    prompts = {version.number: version for version in prompts_for(application(), course)}
    keys = {name: f"again_{name}_{present.enhancement_id}" for name in ("temperature", "seed", "length", "prompt")}

    def start() -> str:
        chosen = {name: st.session_state[key] for name, key in keys.items()}
        settings = AgainSettings(chosen["temperature"], chosen["seed"], chosen["length"], chosen["prompt"])
        job = write_again(application(), course, settings)
        st.session_state.setdefault(_JOBS, {})[_identity(course)] = job.job_id
        return ""

    with st.form("review_again_form", enter_to_submit=False):
        st.markdown(f"**{t('source.again')}**", help=t("source.again_help"))
        if active_job(application(), course.catalog_id, JobKind.ENHANCE) is not None:
            st.caption(t("source.again_will_wait"))
        temperature, seed, length, prompt = st.columns(4)
        temperature.number_input(
            t("source.temperature"),
            0.0,
            2.0,
            first.temperature,
            0.1,
            key=keys["temperature"],
            help=t("source.temperature_help"),
        )
        seed.number_input(t("source.seed"), 0, LARGEST_SEED, first.seed, key=keys["seed"], help=t("source.seed_help"))
        length.number_input(t("source.length"), 16, 1024, first.max_new_tokens, 10, key=keys["length"])
        prompt.selectbox(
            t("source.prompt"),
            list(prompts),
            index=list(prompts).index(first.prompt),
            format_func=lambda number: _prompt_name(prompts[number]),
            key=keys["prompt"],
        )
        st.form_submit_button(
            t("source.again_start"),
            type="primary",
            disabled=not may(Permission.RUN),
            help=reason_why_not(Permission.RUN),
            key="again_start",
            on_click=act,
            args=(start,),
        )


def _identity(course: Course) -> tuple[str, str]:
    return course.catalog_id, course.course_key  # the next term has the same codes


def _draw_waiting(before: Job, job_id: str, t: Translator) -> None:
    """What the new text waits for, how far that is, and the ways out."""
    is_paused = before.status is JobStatus.PAUSED
    st.caption(t("source.again_waits_paused" if is_paused else "source.again_waits"))
    draw_progress(job_progress(application(), before.job_id), t)
    with st.container(horizontal=True):
        go_to_button("enhance", t("source.again_see_run"), key="again_see_run")
        if permitted_button(
            Permission.RUN, t("source.again_take_back"), icon=":material/close:", key="again_take_back"
        ):
            cancel_job(application(), job_id)


def _prompt_name(version: PromptVersion) -> str:
    return f"{version.template.version} · {version.note}" if version.note else version.template.version


def draw_again_progress(course: Course, t: Translator) -> None:
    """How far the new text of this course has come; nothing when none is being written."""
    job_id = st.session_state.get(_JOBS, {}).get(_identity(course))
    if job_id is not None:
        _draw_progress(course, job_id, t)


@st.fragment(run_every=_REFRESH_SECONDS)
@guard()
def _draw_progress(course: Course, job_id: str, t: Translator) -> None:
    state = rewriting(application(), job_id)
    if not state.is_done:
        with st.container(border=True, key="review_again_progress"):
            if state.before is None:
                st.caption(t("source.again_running"))
                draw_progress(job_progress(application(), job_id), t)
            else:
                _draw_waiting(state.before, job_id, t)
        return
    st.session_state[_JOBS].pop(_identity(course), None)
    if state.reason is None:
        announce(t("source.again_done", title=plain(course.title)))
    else:
        announce(t("source.again_failed", reason=plain(t.message(state.reason))))
    st.rerun()
