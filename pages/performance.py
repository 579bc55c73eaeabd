"""Performance: this machine, before and after, the best configuration, where the time goes, runs and forecasts."""

import streamlit as st

from core.pipeline.performance import performance_view
from pages.widgets.calibration_panel import draw_calibration
from pages.widgets.measuring_panel import draw_measuring
from pages.widgets.performance_before_after import draw_before_after
from pages.widgets.performance_machine import draw_machine
from pages.widgets.performance_profile import draw_profile
from pages.widgets.performance_runs import draw_download, draw_figures, draw_forecasts, draw_runs
from pages.widgets.session import application, current_catalog, show, translator


def draw() -> None:
    """The page."""
    app, t, catalog = application(), translator(), current_catalog()
    view = performance_view(app, catalog.catalog_id if catalog else None)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(t("performance.title"), width="content")
        draw_download(app, view, t)
    is_running = draw_measuring(app, t)
    draw_machine(app, view, t, is_running=is_running)
    draw_before_after(app, t, is_running=is_running)
    draw_calibration(app, t, is_running=is_running)
    draw_profile(app, t, is_running=is_running)
    draw_figures(view.figures, t)
    draw_forecasts(view.outcomes, t)
    draw_runs(app, view, t)


show(draw)
