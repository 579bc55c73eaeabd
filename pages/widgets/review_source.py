"""The source of a draft: its fields, what changed in them, and the form that corrects them."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.course_editing import EDITABLE_FIELDS, edit_course
from core.pipeline.review_screen import ReviewScreen, SourceChange
from core.records import Course
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.marked_text import diff_text
from pages.widgets.review_decisions import act, reviewer
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application

_LANGUAGES = ("", "ko", "en")
_FACTS = ("title_en", "department", "category", "level", "credits", "prerequisites")


def draw_source(screen: ReviewScreen, t: Translator) -> None:
    """Everything that the course says."""
    course = screen.course
    st.caption(t("review.source_title"))
    st.subheader(plain(course.title), anchor=False)
    facts = [(t("review.code"), course.code)]
    facts += [(t(f"source.field_{name}"), getattr(course, name)) for name in _FACTS]
    facts.append((t("source.field_language"), _language(course.language, t)))
    st.markdown("  \n".join(f":gray[{label}] {plain(value)}" for label, value in facts if value))
    st.markdown(f"**{t('review.own_description')}**")
    if course.description:
        st.text(course.description)
    if screen.triage is not None:
        st.caption(plain(t.message(screen.triage.reason)))


def draw_source_change(change: SourceChange, t: Translator) -> None:
    """Why a text is stale: what its course said then and says now."""
    with st.container(border=True, key="review_source_change"):
        st.markdown(f":orange[:material/update:] **{t('source.changed_title')}**")
        if change.changed_at is not None:
            key = "source.changed_by_edit" if change.is_edit else "source.changed_by_upload"
            by = plain(change.changed_by) or t("storage.somebody")
            st.caption(t(key, by=by, when=moment(change.changed_at, t)))
        for field in change.fields:
            st.markdown(f":gray[{t(f'source.field_{field.field}')}]")
            diff_text(field.runs)
        st.caption(t("source.next_stale" if change.fields else "source.changed_unknown"))


def draw_source_form(course: Course, t: Translator) -> None:
    """Every field of the course, to be corrected."""
    keys = {name: f"source_{name}_{course.course_key}_{course.content_hash}" for name in EDITABLE_FIELDS}

    def save() -> str:
        changes = {name: str(st.session_state[key] or "") for name, key in keys.items()}
        edited = edit_course(application(), course, changes, by=reviewer())
        return t("source.saved_same") if edited is course else t("source.saved", title=plain(edited.title))

    with st.form("review_source_form", enter_to_submit=False):
        st.markdown(f"**{t('source.edit')}**", help=t("source.edit_help"))
        places = st.columns(2)
        for position, name in enumerate(EDITABLE_FIELDS[:-2]):
            places[position % 2].text_input(t(f"source.field_{name}"), getattr(course, name), key=keys[name])
        places[1].selectbox(
            t("source.field_language"),
            dict.fromkeys((*_LANGUAGES, course.language)),
            index=list(dict.fromkeys((*_LANGUAGES, course.language))).index(course.language),
            format_func=lambda name: _language(name, t),
            key=keys["language"],
        )
        st.text_area(t("source.field_description"), course.description, height=140, key=keys["description"])
        st.form_submit_button(
            t("source.save"),
            type="primary",
            disabled=not may(Permission.REVIEW),
            help=reason_why_not(Permission.REVIEW),
            key="source_save",
            on_click=act,
            args=(save,),
        )


def _language(language: str, t: Translator) -> str:
    return t(f"review.language_{language}") if language in ("ko", "en") else language
