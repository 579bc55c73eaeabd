"""The courses of a catalog with their description status: search, filter, look at one, take all away."""

from __future__ import annotations

import streamlit as st

from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.triage import TriagedCourse, TriageReport, read_triage
from core.records import Catalog, Course, DescriptionStatus
from pages.widgets.course_words import draw_words
from pages.widgets.display import course_table, plain
from pages.widgets.export_menu import draw_export


def draw_browse(app: Application, catalog: Catalog, t: Translator) -> None:
    """Filters, the table, and the picked course below it."""
    report = read_triage(app, catalog.catalog_id)
    rows = _draw_filters(report, t)
    st.caption(t("catalog.shown", shown=len(rows), total=len(report.courses)))
    picked = course_table(
        [row.course for row in rows],
        t,
        key="courses",
        triage={row.course.course_key: row.triage for row in rows},
        selection="one",
        height=440,
    )
    if picked:
        draw_course(picked[0], t)
    else:
        st.caption(t("catalog.pick_one"))
    draw_export(catalog, t)


def _draw_filters(report: TriageReport, t: Translator) -> list[TriagedCourse]:
    search_place, department_place = st.columns(2)
    search = search_place.text_input(t("catalog.search"), icon=":material/search:", key="course_search")
    names = [row.department for row in report.departments]
    departments = department_place.multiselect(
        t("catalog.departments"),
        names,
        format_func=lambda name: name or t("catalog.no_department"),
        placeholder=t("catalog.all_departments"),
        key="course_departments",
    )
    statuses = st.pills(
        t("catalog.statuses"),
        list(DescriptionStatus),
        format_func=lambda status: f"{t(f'widgets.status_{status}')} ({report.statuses[status]:,})",
        selection_mode="multi",
        key="course_statuses",
    )
    wanted = search.casefold().strip()
    return [
        row
        for row in report.courses
        if (not statuses or row.triage.status in statuses)
        and (not departments or row.course.department in departments)
        and wanted in f"{row.course.code} {row.course.title} {row.course.title_en}".casefold()
    ]


def draw_course(course: Course, t: Translator) -> None:
    """One course with every field as its file has it."""
    with st.container(border=True):
        st.markdown(f"##### {plain(f'{course.code} {course.title}'.strip())}")
        fields = {
            "title_en": course.title_en,
            "department": course.department,
            "category": course.category,
            "level": course.level,
            "credits": course.credits,
            "prerequisites": course.prerequisites,
        }
        facts = [f"{t(f'widgets.field_{name}')}: {value}" for name, value in fields.items() if value]
        st.caption(plain(" · ".join(facts)))
        draw_words(course.catalog_id, course, t)
        if course.extra:
            with st.expander(t("catalog.other_columns"), icon=":material/view_column:"):
                st.dataframe(
                    {t("widgets.column"): list(course.extra), t("widgets.value"): list(course.extra.values())},
                    key="course_extra",
                    hide_index=True,
                )
