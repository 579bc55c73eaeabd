"""What approving would do to the students' lists: known before it is done, made known by one click."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.effects import Effect, Reach, effect_of, reach_of, start_draft_vectors
from core.pipeline.jobs import active_job, job_progress
from core.pipeline.recommendation import CourseShift
from core.pipeline.releases import embeds_generated
from core.pipeline.review import QueueItem
from core.records import JobKind, JobStatus
from pages.widgets.display import plain
from pages.widgets.job_view import draw_progress
from pages.widgets.navigation import go_to_button, page_title
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, guard

_REFRESH_SECONDS = 1.0


def known_reach(catalog_id: str, items: Sequence[QueueItem], t: Translator) -> Reach:
    """How far each text of the queue reaches."""
    with st.spinner(t("effects.working"), show_time=False):
        return reach_of(application(), catalog_id, items)


def draw_missing(catalog_id: str, items: Sequence[QueueItem], reach: Reach, t: Translator) -> None:
    """What is not known yet, and the way to know it; nothing when all is known."""
    if active_job(application(), catalog_id, JobKind.EMBED) is not None:
        _draw_running(catalog_id, t)
    elif reach.obstacle is not None:
        st.caption(t("effects.obstacle", what=plain(t.message(reach.obstacle))))
    elif reach.missing:
        with st.container(horizontal=True, vertical_alignment="center", key="effects_missing"):
            st.caption(t("effects.missing", count=reach.missing), width="content")
            if st.button(
                t("effects.find_out"),
                key="effects_find_out",
                icon=":material/troubleshoot:",
                type="tertiary",
                disabled=not may(Permission.RUN),
                help=reason_why_not(Permission.RUN) or t("effects.find_out_help"),
            ):
                start_draft_vectors(application(), catalog_id, items)
                st.rerun()


@st.fragment(run_every=_REFRESH_SECONDS)
@guard()
def _draw_running(catalog_id: str, t: Translator) -> None:
    job = active_job(application(), catalog_id, JobKind.EMBED)
    if job is None:
        st.rerun()
    if job.status is not JobStatus.PAUSED:
        st.caption(t("effects.finding_out"))
    draw_progress(job_progress(application(), job.job_id), t)
    if job.status is JobStatus.PAUSED:  # that page lets it go on
        go_to_button("weights", t("overview.open_page", page=page_title("weights", t)), key="effects_paused")


def draw_effect(catalog_id: str, items: Sequence[QueueItem], t: Translator) -> None:
    """What approving these texts together would do; nothing while lists cannot be made."""
    with st.spinner(t("effects.working"), show_time=False):
        effect = effect_of(application(), catalog_id, items)
    if effect is None or effect.unknown == len(items):
        return
    with st.container(border=True, key="review_effect"):
        st.markdown(f"**{t('effects.title')}**", help=t("effects.help"))
        st.markdown(_in_words(effect, len(items), t))
        for name, shifts in (("gains", effect.gains), ("losses", effect.losses)):
            if shifts:
                st.markdown(f":gray[{t(f'effects.{name}')}] {_shifts(shifts, t)}")
        if effect.changed and not embeds_generated(application(), catalog_id):
            st.caption(t("effects.not_embedded"))
        if effect.unknown:
            st.caption(t("effects.unknown", count=effect.unknown))


def _in_words(effect: Effect, count: int, t: Translator) -> str:
    if not effect.changed:
        return t("effects.none")
    return t(
        "effects.one" if count == 1 else "effects.many",
        changed=effect.changed,
        students=effect.students,
        enters=effect.enters,
        leaves=effect.leaves,
        count=count,
    )


def _shifts(shifts: Sequence[CourseShift], t: Translator) -> str:
    return " · ".join(
        t("effects.shift", title=_name(shift), before=shift.before, after=shift.after) for shift in shifts
    )


def _name(shift: CourseShift) -> str:
    """Title and code; a key that was made from the title says nothing."""
    is_code = not shift.course_key.startswith("t-")
    return plain(f"{shift.title} {shift.course_key}" if is_code else shift.title)
