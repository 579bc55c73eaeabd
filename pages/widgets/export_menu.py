"""Taking the catalog away, in the formats people use."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import CourseLiftError
from core.i18n import Translator
from core.pipeline.export import ExportFormat, export_catalog, export_name, find_original
from core.records import Catalog
from pages.widgets.session import application, show_error


def draw_export(catalog: Catalog, t: Translator) -> None:
    """A menu with a button for each format; the file is made when one is clicked."""
    app = application()
    with st.popover(t("export.title"), icon=":material/download:", key="export_menu"):
        st.markdown(t("export.text"))
        try:
            find_original(app, catalog.catalog_id)
        except CourseLiftError as error:
            show_error(error)
            return
        for kind in ExportFormat:
            st.download_button(
                t(f"export.{kind}"),
                partial(export_catalog, app, catalog.catalog_id, kind, t.language),
                file_name=export_name(app, catalog.catalog_id, kind),
                mime=kind.mime_type,
                help=t(f"export.{kind}_help"),
                key=f"export_{kind}",
                icon=":material/download:",
                on_click="ignore",
                width="stretch",
            )
