"""Students: upload them, find one, see the list they get and why."""

from __future__ import annotations

import streamlit as st

from pages.widgets.recommendation_steps import draw_outdated, recommendations_are_ready
from pages.widgets.session import application, catalog_or_way_there, show, translator
from pages.widgets.student_list import draw_list, draw_synthetic_note
from pages.widgets.student_upload import draw_upload
from pages.widgets.student_view import draw_student


def draw() -> None:
    """The page: the upload before the first students; the list, one student and the upload after."""
    t, app = translator(), application()
    st.title(t("students.title"))
    catalog = catalog_or_way_there(t)
    if catalog is None:
        return
    if not app.students.count():
        draw_upload(catalog.catalog_id, t)
        return
    draw_synthetic_note(t)
    view = st.segmented_control(
        t("students.view"),
        ("list", "upload"),
        format_func=lambda name: t(f"students.view_{name}"),
        default="list",
        required=True,
        key="students_view",
        label_visibility="collapsed",
    )
    if view == "upload":
        draw_upload(catalog.catalog_id, t)
        return
    is_ready = recommendations_are_ready(catalog.catalog_id, t)
    if is_ready:
        draw_outdated(catalog.catalog_id, t)
    chosen = draw_list(catalog.catalog_id, t)
    if chosen is None:
        st.caption(t("students.pick_one"))
    elif is_ready:
        draw_student(catalog.catalog_id, chosen, t)


show(draw)
