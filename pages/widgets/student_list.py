"""The list of students: search, filter, masked ids, and taking all lists away. Unmasking and exports are logged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.access.roles import Permission
from core.errors import AccessError
from core.i18n import Translator
from core.pipeline.export import ExportFormat
from core.pipeline.recommendation import latest_run
from core.pipeline.student_access import (
    check_reason,
    export_all_students,
    find_by_number,
    note_list,
    students_are_synthetic,
    unmask,
)
from core.pipeline.students import find_students, student_departments
from core.records import Student
from pages.widgets.picking import table_key
from pages.widgets.recommendation_steps import what_changed
from pages.widgets.rights import in_my_name, may, reason_why_not
from pages.widgets.session import application, show_error

PAGE_SIZE = 50
_NUMBERS, _FOUND, _LISTED, _PAGE = "students_numbers", "students_found", "students_listed", "students_page"


def draw_synthetic_note(t: Translator) -> None:
    """Says so when the students are not real people."""
    if students_are_synthetic(application()):
        st.badge(t("students.synthetic"), icon=":material/science:", color="violet", help=t("students.synthetic_help"))


def ids_are_shown() -> bool:
    """Whether this session wants full ids and gave a reason."""
    return may(Permission.SEE_STUDENTS) and bool(st.session_state.get("students_unmask")) and bool(_reason())


def _reason() -> str:
    return str(st.session_state.get("students_unmask_reason", "")).strip()


def shown_id(student: Student) -> str:
    """The pseudonym, or the university's number where this session gave a reason to see it."""
    return _numbers((student,)).get(student.student_id, student.student_id) if ids_are_shown() else student.student_id


def _numbers(students: tuple[Student, ...]) -> Mapping[str, str]:
    """The university's numbers; the look is logged once a session, student and reason."""
    known: dict[tuple[str, str], str] = st.session_state.setdefault(_NUMBERS, {})
    reason = _reason()
    new = [student.student_id for student in students if (student.student_id, reason) not in known]
    if new:
        known.update(
            {(student_id, reason): number for student_id, number in unmask(application(), new, reason).items()}
        )
    return {student_id: number for (student_id, why), number in known.items() if why == reason}


def reason_for_export(t: Translator, *, key: str) -> str:
    """The reason for taking lists away; "" until it is one that may be kept."""
    reason = st.text_input(t("students.reason"), key=key, max_chars=200).strip()
    try:
        if reason:
            check_reason(application(), reason)
    except AccessError as error:
        show_error(error)
        return ""
    return reason


def draw_list(catalog_id: str, t: Translator) -> Student | None:
    """Search, filter, the table and the export of all lists; gives back the picked student."""
    search, department = _draw_filters(t)
    find = partial(
        find_students, application(), search=_pseudonym_of(search) or search, department=department, limit=PAGE_SIZE
    )
    page = int(st.session_state.get(_PAGE, 1))
    found = find(offset=(page - 1) * PAGE_SIZE)
    pages = max(1, -(-found.total // PAGE_SIZE))
    if page > pages:  # there were more when the page was chosen
        page = st.session_state[_PAGE] = pages
        found = find(offset=(page - 1) * PAGE_SIZE)
    if not found.total:
        st.info(t("students.none_found"), icon=":material/person_search:")
        if search and not ids_are_shown():
            st.caption(t("students.numbers_need_reason"))
        return None
    _note_listed(found.students)
    picked = _draw_table(found.students, t)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("students.found", count=found.total), width="content")
        if pages > 1:
            st.number_input(t("students.page", pages=pages), 1, pages, page, key=_PAGE, width=180)
        st.space("stretch")
        _draw_export_all(catalog_id, t)
    return picked


def _draw_filters(t: Translator) -> tuple[str, str | None]:
    """What is searched and the department; beside them the switch that shows numbers, which asks for a reason."""
    search_place, department_place, unmask_place = st.columns([2, 2, 1.4], vertical_alignment="bottom")
    search = search_place.text_input(
        t("students.search"),
        icon=":material/search:",
        key="students_search",
        on_change=_to_first_page,
        persist_state="session",
    )
    department = department_place.selectbox(
        t("students.department"),
        student_departments(application()),
        index=None,
        placeholder=t("students.all_departments"),
        key="students_department",
        on_change=_to_first_page,
        persist_state="session",
    )
    unmask_place.toggle(
        t("students.unmask"),
        key="students_unmask",
        disabled=not may(Permission.SEE_STUDENTS),
        help=reason_why_not(Permission.SEE_STUDENTS) or t("students.unmask_help"),
        persist_state="session",
    )
    if st.session_state["students_unmask"]:
        st.text_input(
            t("students.reason"),
            key="students_unmask_reason",
            max_chars=200,
            persist_state="session",
            icon=":material/lock_open:",
        )
    return search, department


def _to_first_page() -> None:
    st.session_state[_PAGE] = 1


def _pseudonym_of(search: str) -> str | None:
    """The student whose whole number was typed, looked up once a session, reason and upload: every one is logged."""
    if not search.strip() or not ids_are_shown():
        return None
    found: dict[tuple[str, str, int], str | None] = st.session_state.setdefault(_FOUND, {})
    asked = (search, _reason(), application().changes)  # who was not there may be there after the next upload
    if asked not in found:
        found[asked] = find_by_number(application(), search, _reason())
    return found[asked]


def _note_listed(students: tuple[Student, ...]) -> None:
    """Whom the list shows is logged once a session and student."""
    listed: set[str] = st.session_state.setdefault(_LISTED, set())
    if new := [student.student_id for student in students if student.student_id not in listed]:
        note_list(application(), new)
        listed.update(new)


def _draw_table(students: tuple[Student, ...], t: Translator) -> Student | None:
    shown = _numbers(students) if ids_are_shown() else {}
    answer = st.dataframe(
        {
            t("students.column_id"): [shown.get(student.student_id, student.student_id) for student in students],
            t("students.column_department"): [student.department for student in students],
            t("students.column_year"): [student.year for student in students],
            t("students.column_interests"): [", ".join(student.interests) for student in students],
            t("students.column_taken"): [len(student.taken_course_keys) for student in students],
        },
        column_config={t("students.column_interests"): st.column_config.TextColumn(width="large")},
        hide_index=True,
        height=280,
        on_select="rerun",
        selection_mode="single-row",
        key=table_key("students_table", [student.student_id for student in students]),
    )
    rows = answer["selection"]["rows"]
    return students[rows[0]] if rows else None


def _draw_export_all(catalog_id: str, t: Translator) -> None:
    """All stored lists as a file, after a reason was given."""
    run = latest_run(application(), catalog_id)
    if run is None:
        return
    with st.popover(t("students.export_all"), icon=":material/download:"):
        if run.outdated:
            st.caption(t("students.lists_outdated", changes=what_changed(run, t)))
        st.caption(t("students.export_help"))
        reason = reason_for_export(t, key="students_export_reason")
        for kind in ExportFormat:
            st.download_button(
                kind.upper(),
                in_my_name(partial(export_all_students, application(), catalog_id, kind, reason)),
                file_name=f"recommendations.{kind}",
                mime=kind.mime_type,
                disabled=(not reason) or not may(Permission.SEE_STUDENTS),
                help=reason_why_not(Permission.SEE_STUDENTS),
                key=f"students_export_{kind}",
                on_click="ignore",
            )
