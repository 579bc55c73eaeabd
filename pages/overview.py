"""Overview: the state of the term and the one thing to do next."""

import streamlit as st

from core.access.roles import Permission
from core.charts import status as status_charts
from core.i18n import Translator
from core.pipeline import samples
from core.pipeline.application import Application
from core.pipeline.enhancement import INSUFFICIENT
from core.pipeline.jobs import job_progress
from core.pipeline.status import CatalogStatus, NextStep, Overview, overview
from core.records import DescriptionStatus, Job, JobKind, JobStatus, ReviewState
from pages.widgets.display import Figure, draw_chart, metric_row, plain
from pages.widgets.job_view import draw_progress
from pages.widgets.navigation import go_to_button, page_title
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, current_catalog, guard, select_catalog, show, translator

_SHOWN_DEPARTMENTS = 15


def draw() -> None:
    """The page: a welcome before the first catalog, the term's state after."""
    app, t = application(), translator()
    catalog = current_catalog()
    if catalog is None:
        draw_welcome(app, t)
        return
    state = overview(app, catalog.catalog_id)
    st.title(t("overview.title"))
    draw_next_steps(state, t)
    if state.active_jobs:
        st.fragment(draw_active_jobs, run_every=2)(state.active_jobs, t)
    if state.current is not None:
        draw_figures(state, state.current, t)
        draw_charts(state.current, t)


def draw_welcome(app: Application, t: Translator) -> None:
    """What CourseLift does, and the two ways to begin: with a sample, or with one's own file."""
    st.title(t("overview.welcome"))
    st.markdown(t("overview.welcome_text"))
    sample_place, own_place = st.columns(2, gap="medium")
    with sample_place.container(border=True, height="stretch"):
        st.markdown(f"#### :material/science: {t('overview.sample_title')}")
        st.markdown(t("overview.sample_text"))
        draw_sample_loader(app, t)
    with own_place.container(border=True, height="stretch"):
        st.markdown(f"#### :material/upload_file: {t('overview.own_title')}")
        st.markdown(t("overview.own_text"))
        go_to_button("catalog", t("overview.own_button"), key="upload_own")
    st.markdown(f"#### {t('overview.way_title')}")
    st.markdown(t("overview.way_text"))


def draw_sample_loader(app: Application, t: Translator) -> None:
    """Choose a sample catalog and load it, with the synthetic students if wanted."""
    choices = {sample.name: sample for sample in samples.SAMPLES}
    name = st.selectbox(
        t("overview.sample"), list(choices), format_func=lambda name: t.message(choices[name].title), key="sample"
    )
    st.caption(plain(t.message(choices[name].credit)))
    may_import = may(Permission.MANAGE_STUDENTS)
    with_students = may_import & st.checkbox(
        t("overview.with_students"),
        value=may_import,
        disabled=not may_import,
        help=reason_why_not(Permission.MANAGE_STUDENTS),
        key="with_students",
    )
    if st.button(
        t("overview.load_sample"),
        type="primary",
        icon=":material/play_arrow:",
        disabled=not may(Permission.IMPORT_CATALOG),
        help=reason_why_not(Permission.IMPORT_CATALOG),
        key="load_sample",
    ):
        with st.spinner(t("overview.loading_sample")):
            catalog_id = samples.load_sample(app, name, t.language).catalog_id
            if with_students:
                samples.load_sample_students(app, catalog_id)
        select_catalog(catalog_id)
        st.rerun()


def draw_next_steps(state: Overview, t: Translator) -> None:
    """The most pressing step as the page's one primary button, the others as a quiet list."""
    if not state.next_steps:
        st.success(t("overview.nothing_to_do"), icon=":material/task_alt:")
        return
    first, *others = state.next_steps
    with st.container(border=True, key="next_step"):
        st.caption(t("overview.next_step"))
        text_place, button_place = st.columns([4, 1], vertical_alignment="center")
        text_place.markdown(f"##### {plain(t.message(first.message))}")
        with button_place:
            draw_step_button(first, t, primary=True)
        for step in others:
            text_place, button_place = st.columns([4, 1], vertical_alignment="center")
            text_place.markdown(plain(t.message(step.message)))
            with button_place:
                draw_step_button(step, t)


def draw_step_button(step: NextStep, t: Translator, *, primary: bool = False) -> None:
    """The button that opens the page of a step."""
    label = t("overview.open_page", page=page_title(step.page, t))
    go_to_button(step.page, label, key=f"step_{step.message.key.replace('.', '_')}", primary=primary, stretch=True)


@guard()
def draw_active_jobs(jobs: tuple[Job, ...], t: Translator) -> None:
    """The progress of running jobs; refreshes itself, and the page when one ends."""
    for job in jobs:
        progress = job_progress(application(), job.job_id)
        draw_progress(progress, t)
        if progress.job.status.is_final:
            st.rerun()
    writing = [job for job in jobs if job.kind is JobKind.ENHANCE]
    if writing:
        are_paused = any(job.status is JobStatus.PAUSED for job in writing)
        go_to_button("enhance", t("overview.go_on" if are_paused else "overview.watch"), key="watch_job")


def draw_figures(state: Overview, current: CatalogStatus, t: Translator) -> None:
    """The term in one row of numbers."""
    total = current.catalog.course_count
    waiting = current.review[ReviewState.DRAFT] + current.review[ReviewState.STALE]
    metric_row(
        [
            Figure(t("overview.courses"), total),
            Figure(t("overview.insufficient"), current.insufficient, help=t("overview.insufficient_help")),
            Figure(t("overview.waiting"), waiting, help=t("overview.waiting_help")),
            Figure(t("overview.published"), current.published, help=t("overview.published_help")),
            Figure(t("overview.students"), state.student_count),
            Figure(t("overview.recommended"), current.recommended_students, help=t("overview.recommended_help")),
        ]
    )


def draw_charts(current: CatalogStatus, t: Translator) -> None:
    """Description status by department, and how far the courses have come."""
    department_place, funnel_place = st.columns([4, 3], gap="large")
    with department_place:
        draw_departments(current, t)
    with funnel_place:
        st.markdown(f"#### {t('overview.funnel')}")
        draw_chart(
            status_charts.funnel(funnel_stages(current, t), x_label=t("overview.unit_courses")),
            key="funnel",
            alt=t("overview.funnel"),
        )
        st.caption(t("overview.funnel_help"))


def draw_departments(current: CatalogStatus, t: Translator) -> None:
    """The departments with most to do: courses that need a description, or all of them, by description status."""
    st.markdown(f"#### {t('overview.by_department')}")
    shown = st.segmented_control(
        t("overview.by_department"),
        ("insufficient", "all"),
        format_func=lambda name: t(f"overview.show_{name}"),
        default="insufficient",
        required=True,
        label_visibility="collapsed",
        key="department_view",
    )
    statuses = [status for status in DescriptionStatus if shown == "all" or status in INSUFFICIENT]
    rows = current.departments[:_SHOWN_DEPARTMENTS]
    draw_chart(
        status_charts.status_by_department(
            {row.department or t("overview.no_department"): {str(s): row.counts[s] for s in statuses} for row in rows},
            {str(status): t(f"widgets.status_{status}") for status in statuses},
            others_label="",
            x_label=t("overview.unit_courses"),
        ),
        key="by_department",
        alt=t("overview.by_department"),
    )
    rest = current.departments[_SHOWN_DEPARTMENTS:]
    if rest:
        left = sum(row.insufficient for row in rest)
        st.caption(t("overview.more_departments", departments=len(rest), courses=left))


def funnel_stages(current: CatalogStatus, t: Translator) -> list[tuple[str, int]]:
    """Courses at each stage from import to recommendation; each stage holds part of the one before it.

    What is sufficient as it came stands at every stage, rewritten or not.
    """
    total = current.catalog.course_count
    return [
        (t("overview.stage_imported"), total),
        (t("overview.stage_described"), total - current.unwritten),
        (t("overview.stage_approved"), total - current.unapproved),
        (t("overview.stage_released"), total - current.unused),
    ]


show(draw)
