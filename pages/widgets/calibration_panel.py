"""Choosing the best configuration by measuring: the button, what was found and what is used from now on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.calibration import CalibrationView, latest_calibration, plan_calibration
from pages.widgets.display import plain
from pages.widgets.measuring_panel import draw_circumstances, start_button

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
    "log_probability_difference": "%+.3f",
    "rounds": "%d",
    "others": "%.1f",
}


def draw_calibration(app: Application, t: Translator, *, is_running: bool) -> None:
    """The section of the Performance page."""
    st.markdown(f"#### {t('calibration.title')}")
    st.caption(t("calibration.text"))
    start = t("calibration.start")
    start_button(app, t, start, lambda: plan_calibration(app), key="calibration_start", is_running=is_running)
    view = latest_calibration(app)
    if view is not None:
        _draw_result(view, t)


def _draw_result(view: CalibrationView, t: Translator) -> None:
    st.success(plain(t.message(view.reason)), icon=":material/speed:")
    draw_circumstances(view.model_ref, view.catalog, view.made_at, t, was_busy=view.was_busy)
    columns = {t("calibration.column.configuration"): [configuration_name(row) for row in view.rows]}
    columns[t("calibration.column.verdict")] = [t(f"calibration.verdict.{row['verdict']}") for row in view.rows]
    columns |= {t(f"calibration.column.{name}"): [row[name] for row in view.rows] for name in _COLUMNS}
    formats = {
        t(f"calibration.column.{name}"): st.column_config.NumberColumn(format=style) for name, style in _COLUMNS.items()
    }
    st.dataframe(columns, key="calibration_rows", hide_index=True, column_config=formats)


def configuration_name(row: Mapping[str, Any]) -> str:
    """A configuration in short; the number of threads only where it is not one a core."""
    threads = [str(row["threads"])] if row["threads"] else []
    return " · ".join([row["engine"], row["precision"], str(row["batch_size"]), *threads])
