"""A course's text together with who wrote it."""

from __future__ import annotations

import streamlit as st

from core.i18n import Translator
from core.records import Course, ReviewState
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.marked_text import added_legend, enhancement_text
from pages.widgets.session import application


def draw_words(catalog_id: str, course: Course, t: Translator) -> None:
    """The department's own text, and the published one with its author: the model, or a person after it."""
    texts = application().enhancements.for_course(catalog_id, course.course_key)
    published = next((text for text in texts if text.state.is_published), None)
    if course.description:
        st.caption(t("students.text_own"))
        st.text(course.description)
    if published is not None:
        author = "students.text_edited" if published.state is ReviewState.EDITED else "students.text_model"
        st.caption(
            t(
                author,
                model=plain(published.provenance.model),
                by=plain(published.decided_by),
                when=moment(published.decided_at, t),
            )
        )
        enhancement_text(course, published, t)
        added_legend(t("review.legend_added"))
    if not course.description and published is None:
        st.caption(t("students.text_none"))
