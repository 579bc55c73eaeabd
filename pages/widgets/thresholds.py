"""From which length a description is sufficient: set it, see what changes, store it."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.enhancement.triage import TriageThresholds
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.triage import change_thresholds, preview_thresholds, read_thresholds
from core.records import Catalog, DescriptionStatus
from pages.widgets.rights import may, reason_why_not


def draw_thresholds(app: Application, catalog: Catalog, t: Translator) -> None:
    """Both thresholds, and the counts by status before and after."""
    stored = read_thresholds(app)
    st.markdown(t("catalog.thresholds_text"))
    korean_place, english_place, _ = st.columns(3)
    chosen = TriageThresholds(
        korean_characters=korean_place.number_input(
            t("catalog.korean_characters"), 1, 2000, stored.korean_characters, 5, key="korean_characters"
        ),
        english_words=english_place.number_input(
            t("catalog.english_words"), 1, 1000, stored.english_words, 1, key="english_words"
        ),
    )
    now = preview_thresholds(app, catalog.catalog_id, stored).statuses
    then = preview_thresholds(app, catalog.catalog_id, chosen).statuses
    for place, status in zip(st.columns(len(DescriptionStatus)), DescriptionStatus, strict=True):
        change = then[status] - now[status]
        place.metric(
            t(f"widgets.status_{status}"),
            f"{then[status]:,}",
            delta=change or None,
            delta_color="off",
            border=True,
            height="stretch",
        )
    st.caption(t("catalog.thresholds_kept"))
    if st.button(
        t("catalog.save_thresholds"),
        type="primary",
        icon=":material/save:",
        disabled=(chosen == stored) or not may(Permission.IMPORT_CATALOG),
        help=reason_why_not(Permission.IMPORT_CATALOG),
        key="save_thresholds",
    ):
        change_thresholds(app, chosen)
        st.toast(t("catalog.thresholds_saved"), icon=":material/task_alt:")
        st.rerun()
