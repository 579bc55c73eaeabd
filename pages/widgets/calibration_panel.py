"""Measuring this machine: the button, how far it is, what was found and what is used from now on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.calibration import (
    CalibrationView,
    calibration_progress,
    calibration_to_csv,
    latest_calibration,
    start_calibration,
)
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.session import guard

_COLUMNS = {
    "courses_per_minute": "%.1f",
    "low": "%.1f",
    "high": "%.1f",
    "prefill_tokens_per_second": "%.0f",
    "decode_tokens_per_second": "%.0f",
    "first_token_seconds": "%.2f",
    "load_seconds": "%.1f",
    "peak_mib": "%.0f",
    "agreement": "percent",
    "identical": "percent",
    "rounds": "%d",
    "load_average": "%.1f",
}


def draw_calibration(app: Application, t: Translator) -> None:
    """The section of the Performance page."""
    st.markdown(f"#### {t('calibration.title')}")
    st.caption(t("calibration.text"))
    with guard():
        if calibration_progress(app).is_running:
            st.fragment(_draw_running, run_every=1)(app, t)
            return
        if st.button(t("calibration.start"), key="calibration_start", icon=":material/speed:"):
            start_calibration(app)
            st.rerun()
    view = latest_calibration(app)
    if view is not None:
        _draw_result(view, t)


@guard()
def _draw_running(app: Application, t: Translator) -> None:
    progress = calibration_progress(app)
    if not progress.is_running:
        st.rerun()
    label = t.message(progress.label) if progress.label else ""
    st.progress(min(max(progress.share, 0.0), 1.0), text=plain(label))


def _draw_result(view: CalibrationView, t: Translator) -> None:
    st.success(plain(t.message(view.reason)), icon=":material/speed:")
    if view.was_busy:
        st.warning(t("calibration.busy"), icon=":material/groups:")
    about = t("calibration.about", model=view.model_ref, catalog=view.catalog, when=moment(view.made_at, t))
    st.caption(plain(about))
    columns = {t("calibration.column.configuration"): [_name(row) for row in view.rows]}
    columns[t("calibration.column.verdict")] = [t(f"calibration.verdict.{row['verdict']}") for row in view.rows]
    columns |= {t(f"calibration.column.{name}"): [row[name] for row in view.rows] for name in _COLUMNS}
    formats = {
        t(f"calibration.column.{name}"): st.column_config.NumberColumn(format=style) for name, style in _COLUMNS.items()
    }
    st.dataframe(columns, key="calibration_rows", hide_index=True, column_config=formats)
    st.download_button(
        t("calibration.download"),
        calibration_to_csv(view, t),
        file_name="courselift-calibration.csv",
        mime="text/csv",
        key="courselift-calibration.csv",
        icon=":material/download:",
    )


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['engine']} · {row['precision']} · {row['batch_size']}"
