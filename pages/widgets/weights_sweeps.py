"""The report's ladder and sweeps of one weight, as curves over all students."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.charts import weights as weight_charts
from core.i18n import Translator
from core.pipeline.tuning import TrialPoint, normalised, try_ladder, try_sweep
from core.pipeline.weight_sets import in_force
from core.recommendation.blend import SIGNALS
from pages.widgets.display import draw_chart
from pages.widgets.formats import percent
from pages.widgets.session import application
from pages.widgets.weights_sliders import slider_weights
from pages.widgets.weights_tuning import metric_values, signal_labels, weights_in_words

_POINTS = "weights_points"
LADDER_CHOICE = "ladder"


def draw_sweeps(catalog_id: str, t: Translator) -> None:
    """Choose what to vary, run it, see the curves and the numbers."""
    labels = signal_labels(t)
    weights = slider_weights()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice = st.selectbox(
            t("weights.vary"),
            [LADDER_CHOICE, *SIGNALS],
            format_func=lambda name: t("weights.ladder") if name == LADDER_CHOICE else labels[name],
            key="weights_vary",
            width=340,
        )
        world = (catalog_id, choice, application().changes, in_force(application(), catalog_id))
        wanted = (world, tuple(weights.values()))
        if st.button(t("weights.run_sweep"), key="weights_run_sweep", type="primary", icon=":material/show_chart:"):
            with st.spinner(t("weights.sweeping")):
                points = (
                    try_ladder(application(), catalog_id)
                    if choice == LADDER_CHOICE
                    else try_sweep(application(), catalog_id, weights, choice)
                )
            st.session_state[_POINTS] = (wanted, points)
    st.caption(t("weights.sweep_note", weights=weights_in_words(weights, t)))
    made_for, points = st.session_state.get(_POINTS, (None, ()))
    if made_for is None or made_for[0] != world:
        st.info(t("weights.sweep_empty"), icon=":material/show_chart:")
        return
    if made_for != wanted and choice != LADDER_CHOICE:
        st.caption(f":orange[{t('weights.sweep_outdated')}]")
    _draw_points(points, choice, normalised(weights), t)


def _draw_points(points: Sequence[TrialPoint], choice: str, now: dict[str, float], t: Translator) -> None:
    names = metric_values(points[0].metrics, t)
    curves = {name: [metric_values(point.metrics, t)[name] for point in points] for name in names}
    curves[t("weights.churn")] = [point.churn for point in points]
    varied = "department" if choice == LADDER_CHOICE else choice
    draw_chart(
        weight_charts.sweep(
            [point.position for point in points],
            curves,
            current=now[varied],
            current_label=t("weights.now"),
            tick_labels=[point.label for point in points],
            x_label=t("weights.ladder_axis") if choice == LADDER_CHOICE else signal_labels(t)[choice],
        ),
        key="weights_sweep_chart",
        alt=t("weights.view_sweeps"),
    )
    table = {t("weights.column_weights"): [point.label for point in points]}
    table |= {name: [percent(value) for value in values] for name, values in curves.items()}
    table[t("weights.nobody")] = [f"{len(point.metrics.never_recommended):,}" for point in points]
    st.dataframe(table, hide_index=True, key="weights_sweep_table")
