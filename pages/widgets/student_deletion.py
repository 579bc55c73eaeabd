"""Deleting what is known about one student, or about those who have left; and the records of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.student_access import find_student
from core.pipeline.student_deletion import delete_students, delete_unseen, deletions, finish_deletions, unseen_students
from core.storage.student_store import Deletion
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.rights import draw_why_not, may
from pages.widgets.session import application, guard

_OUTCOME, _ROUND = "deletion_outcome", "deletion_round"
_DEFAULT_DAYS = 365


def draw_deletion(t: Translator) -> None:
    """The two ways of deleting for those who may, and what was deleted for everybody."""
    st.markdown(f"#### {t('deletion.title')}")
    st.markdown(t("deletion.text"))
    outcome = st.session_state.pop(_OUTCOME, None)
    if outcome:
        st.success(outcome, icon=":material/check:")
    if may(Permission.MANAGE_STUDENTS):
        one, old = st.columns(2, gap="medium")
        with one.container(border=True, height="stretch"), guard():
            _draw_one(t)
        with old.container(border=True, height="stretch"), guard():
            _draw_old(t)
    else:
        draw_why_not(Permission.MANAGE_STUDENTS)
    _draw_records(t)


def _field(name: str) -> str:
    """The key of a field that is empty for each deletion: it wants its own reason, and somebody who is sure again."""
    return f"deletion_{name}_{st.session_state.get(_ROUND, 0)}"


def _draw_one(t: Translator) -> None:
    st.markdown(f"**{t('deletion.one')}**")
    number = st.text_input(t("deletion.number"), key=_field("number"), max_chars=100).strip()
    reason = st.text_input(t("deletion.reason"), key=_field("reason_one"), max_chars=200).strip()
    is_sure = st.checkbox(t("deletion.sure"), key=_field("sure_one"))
    is_ready = bool(number and reason and is_sure)
    if st.button(t("deletion.delete_one"), key="deletion_one", icon=":material/delete_forever:", disabled=not is_ready):
        student_id = find_student(application(), number)
        _delete(lambda: delete_students(application(), [student_id], reason), t)


def _draw_old(t: Translator) -> None:
    st.markdown(f"**{t('deletion.old')}**")
    days = int(st.number_input(t("deletion.days"), 1, 3650, _DEFAULT_DAYS, key="deletion_days"))
    chosen = unseen_students(application(), days)
    st.caption(t("deletion.old_count", count=len(chosen), days=days))
    reason = st.text_input(t("deletion.reason"), key=_field("reason_old"), max_chars=200).strip()
    is_sure = st.checkbox(t("deletion.sure"), key=_field("sure_old"))
    label = t("deletion.delete_old", count=len(chosen))
    is_ready = bool(chosen and reason and is_sure)
    if st.button(label, key="deletion_old", icon=":material/delete_forever:", disabled=not is_ready):
        _delete(lambda: delete_unseen(application(), days, reason), t)


def _delete(delete: Callable[[], Deletion | None], t: Translator) -> None:
    with st.spinner(t("deletion.deleting")):
        record = delete()
    for key in ("students_numbers", "students_found"):
        st.session_state.pop(key, None)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state[_OUTCOME] = t("deletion.nothing") if record is None else t("deletion.done", **record.counts)
    st.rerun()


def _draw_records(t: Translator) -> None:
    records = deletions(application())
    if not records:
        return
    st.markdown(f"**{t('deletion.records')}**")
    about = {
        t("deletion.column_who"): [it.actor for it in records],
        t("deletion.column_reason"): [it.reason for it in records],
    }
    st.dataframe(
        {
            t("deletion.column_when"): [moment(it.deleted_at, t) for it in records],
            **(about if may(Permission.READ_LOG) else {}),
            t("deletion.column_students"): [it.counts["students"] for it in records],
            t("deletion.column_places"): [it.counts["places"] for it in records],
            t("deletion.column_state"): [
                t("deletion.state_done" if it.finished_at else "deletion.state_unfinished") for it in records
            ],
        },
        hide_index=True,
        key="deletion_records",
    )
    if any(it.finished_at is None for it in records) and may(Permission.MANAGE_STUDENTS):
        st.warning(plain(t("deletion.unfinished")), icon=":material/warning:")
        if st.button(t("deletion.finish"), key="deletion_finish"):
            with st.spinner(t("deletion.deleting")):
                finish_deletions(application())
            st.rerun()
