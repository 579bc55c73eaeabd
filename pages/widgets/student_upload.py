"""The way of a file of students: read it, check the columns and problems, store it; or take the synthetic sample."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.catalog.mapping import STUDENT_FIELDS
from core.config import MAX_UPLOAD_MIB
from core.errors import CourseLiftError, IntakeError
from core.i18n import Translator
from core.pipeline.samples import load_sample_students
from core.pipeline.student_intake import (
    StudentImport,
    StudentPreview,
    apply_students,
    preview_students,
    remap_students,
)
from pages.widgets.display import Figure, metric_row, plain
from pages.widgets.formats import duration
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, show_error
from pages.widgets.upload_form import choose_mapping, draw_problems, draw_table_preview, translate_upload_box

_FILE_TYPES = ("csv", "tsv", "txt", "xlsx", "json", "jsonl", "ndjson")
_PREVIEW, _IMPORT, _CONFLICT = "students_preview", "students_import", "students_conflict"


def draw_upload(catalog_id: str, t: Translator) -> None:
    """The upload with everything that follows from it, and the sample beside it."""
    done: StudentImport | None = st.session_state.pop(_IMPORT, None)
    if done is not None:
        _draw_import(done, t)
    own, sample = st.columns([2, 1], gap="medium")
    with own.container(border=True, height="stretch"):
        st.markdown(f"#### :material/upload_file: {t('students.upload_title')}")
        st.markdown(t("students.upload_text"))
        translate_upload_box(_FILE_TYPES, t)
        upload = st.file_uploader(
            t("students.upload"),
            type=_FILE_TYPES,
            max_upload_size=MAX_UPLOAD_MIB,
            disabled=not may(Permission.MANAGE_STUDENTS),
            help=reason_why_not(Permission.MANAGE_STUDENTS),
            key="students_file",
        )
    with sample.container(border=True, height="stretch"):
        _draw_sample(catalog_id, t)
    if upload is None:
        st.session_state.pop(_PREVIEW, None)
        return
    try:
        _draw_preview(catalog_id, _preview(catalog_id, upload.file_id, upload.getvalue(), upload.name, t), t)
    except CourseLiftError as error:
        show_error(error)


def _draw_sample(catalog_id: str, t: Translator) -> None:
    st.markdown(f"#### :material/science: {t('students.sample_title')}")
    st.markdown(t("students.sample_text"))
    stored = application().students.count()
    is_agreed = not stored or st.checkbox(t("students.replaces", count=stored), key="students_sample_replaces")
    if st.button(
        t("students.load_sample"),
        disabled=not is_agreed or not may(Permission.MANAGE_STUDENTS),
        help=reason_why_not(Permission.MANAGE_STUDENTS),
        key="students_load_sample",
        icon=":material/play_arrow:",
    ):
        with st.spinner(t("students.reading")):
            done = load_sample_students(application(), catalog_id)
        _finish(done)


def _preview(catalog_id: str, file_id: str, content: bytes, name: str, t: Translator) -> StudentPreview:
    """The file as it is understood without a hand; read once, then kept for the session."""
    kept = st.session_state.get(_PREVIEW)
    if kept is None or kept[0] != (file_id, catalog_id):
        with st.spinner(t("students.reading")):
            kept = ((file_id, catalog_id), preview_students(application(), content, name, catalog_id=catalog_id))
        st.session_state[_PREVIEW] = kept
    preview: StudentPreview = kept[1]
    return preview


def _draw_preview(catalog_id: str, first: StudentPreview, t: Translator) -> None:
    """Columns, first rows, problems, and the button that stores the file."""
    key = first.upload.content_hash[:12]
    st.markdown(f"#### {t('students.columns_title')}")
    st.caption(t("students.columns_remembered" if first.was_remembered else "students.columns_help"))
    mapping = choose_mapping(
        first.table, first.mapping, STUDENT_FIELDS, lambda field: t(f"students.field_{field}"), key=f"students_{key}"
    )
    draw_table_preview(first.table, t, key=f"students_rows_{key}")
    preview = first
    if mapping != first.mapping:
        preview = remap_students(application(), first, mapping, catalog_id=catalog_id)
    students = preview.intake.students
    metric_row(
        [
            Figure(t("students.rows"), len(preview.table.rows)),
            Figure(t("students.students"), len(students)),
            Figure(t("students.departments"), len({student.department for student in students})),
            Figure(t("students.interests"), len({interest for each in students for interest in each.interests})),
            Figure(t("students.with_history"), sum(bool(student.taken_course_keys) for student in students)),
        ]
    )
    draw_problems(preview.problems, t, key="students_problems")
    conflict = st.session_state.pop(_CONFLICT, None)
    if conflict is not None:
        st.warning(plain(t.message(conflict)), icon=":material/group:")
    if preview.stored_students:
        st.warning(t("students.replaces", count=preview.stored_students), icon=":material/sync:")
    if st.button(
        t("students.apply", count=len(students)),
        help=reason_why_not(Permission.MANAGE_STUDENTS),
        key="students_apply",
        type="primary",
        icon=":material/check:",
        disabled=(not students) or not may(Permission.MANAGE_STUDENTS),
    ):
        with st.spinner(t("students.storing")):
            done = _apply(preview)
        st.session_state.pop(_PREVIEW, None)
        _finish(done)


def _apply(preview: StudentPreview) -> StudentImport:
    """What the import did; when somebody else imported students meanwhile, the page looks anew and says so."""
    try:
        return apply_students(application(), preview)
    except IntakeError as error:
        if error.message.key != "pipeline.error.students_meanwhile":
            raise
        st.session_state[_CONFLICT] = error.message
        st.session_state.pop(_PREVIEW, None)
        st.rerun()


def _finish(done: StudentImport) -> None:
    st.session_state[_IMPORT] = done
    st.rerun()


def _draw_import(done: StudentImport, t: Translator) -> None:
    st.success(
        t(
            "students.stored",
            students=done.students,
            departments=done.departments,
            interests=done.interests,
            time=duration(done.seconds, t),
        ),
        icon=":material/task_alt:",
    )
    if done.problems:
        draw_problems(done.problems, t, key="students_import_problems")
