"""Catalog: upload a term's list of courses, look at what there is, say what counts as a sufficient description."""

import streamlit as st

from pages.widgets.catalog_browse import draw_browse
from pages.widgets.catalog_upload import draw_upload
from pages.widgets.session import application, current_catalog, show, translator
from pages.widgets.thresholds import draw_thresholds


def draw() -> None:
    """The page: only the upload before the first catalog, three views after."""
    app, t, catalog = application(), translator(), current_catalog()
    st.title(t("catalog.title"))
    if catalog is None:
        draw_upload(app, None, t)
        return
    view = st.segmented_control(
        t("catalog.view"),
        ("courses", "upload", "thresholds"),
        format_func=lambda name: t(f"catalog.view_{name}"),
        default="upload" if "catalog_import" in st.session_state else "courses",
        required=True,
        label_visibility="collapsed",
        key="catalog_view",
    )
    if view == "upload":
        draw_upload(app, catalog, t)
    elif view == "thresholds":
        draw_thresholds(app, catalog, t)
    else:
        draw_browse(app, catalog, t)


show(draw)
