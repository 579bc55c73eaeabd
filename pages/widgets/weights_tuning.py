"""Sliders that re-rank all students at once, and what that does to everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import recommendation as recommendation_charts
from core.charts import weights as weight_charts
from core.evaluation.population import PopulationMetrics as TrialMetrics
from core.i18n import Translator
from core.pipeline.recommendation import (
    Comparison,
    PopulationMetrics,
    compare_with_published,
)
from core.pipeline.tuning import churn_by_department, ladder, normalised, places_of_courses
from core.recommendation.blend import SIGNALS
from core.records import WeightSet
from pages.widgets.display import draw_chart
from pages.widgets.session import application, guard
from pages.widgets.weights_groups import draw_groups
from pages.widgets.weights_options import draw_options
from pages.widgets.weights_save import draw_save
from pages.widgets.weights_sliders import (
    FULL,
    fill_from_in_force,
    follow_in_force,
    set_sliders,
    slider_key,
    slider_weights,
)


def signal_labels(t: Translator) -> dict[str, str]:
    """Signal -> its name, in their fixed order."""
    return {signal: t(f"recommendation.signal.{signal}") for signal in SIGNALS}


def weights_in_words(weights: Mapping[str, float], t: Translator) -> str:
    """Effective weights in one line, for example "Department 70%, Interests 30%"."""
    labels = signal_labels(t)
    return ", ".join(f"{labels[signal]} {share:.0%}" for signal, share in normalised(weights).items() if share)


def set_name(chosen: WeightSet, t: Translator) -> str:
    """What the set is called: its name, or its weights where nobody gave it one."""
    return chosen.name or weights_in_words(chosen.weights, t)


@st.fragment
@guard()
def draw_tuning(catalog_id: str, sets: Sequence[WeightSet], t: Translator) -> None:
    """Sliders on the left, the whole student body on the right. A fragment, so that a move redraws only this."""
    sliders, effects = st.columns([1, 2.4], gap="large")
    with sliders:
        weights = _draw_sliders(catalog_id, t)
        if not any(weights.values()):
            st.info(t("weights.all_zero"), icon=":material/info:")
            return
        options = draw_options(catalog_id, t)
        draw_save(catalog_id, weights, options, sets, t)
    with effects:
        comparison = compare_with_published(application(), catalog_id, weights, options=options)
        draw_metrics(comparison, t)
        _draw_effects(comparison, t)
        draw_groups(comparison, t)


def _draw_sliders(catalog_id: str, t: Translator) -> dict[str, float]:
    follows = follow_in_force(catalog_id)
    st.markdown(f"**{t('weights.presets')}**", help=t("weights.presets_help"))
    with st.container(horizontal=True, gap="small"):
        for label, preset in ladder().items():
            st.button(
                label,
                key=f"weights_preset_{label.replace(':', '_')}",
                on_click=set_sliders,
                args=(preset.as_mapping(),),
            )
        st.button(
            t("weights.reset"),
            key="weights_reset",
            type="tertiary",
            icon=":material/restart_alt:",
            on_click=fill_from_in_force,
            args=(catalog_id,),
        )
    if not follows:
        st.caption(f":orange[{t('weights.not_followed')}]")
    shares = normalised(slider_weights())
    for signal, label in signal_labels(t).items():
        st.slider(
            f"{label} · **{shares[signal]:.0%}**",
            0,
            FULL,
            step=1,
            key=slider_key(signal),
            help=t(f"recommendation.signal_help.{signal}"),
            persist_state="session",
        )
    st.caption(t("weights.sliders_note"))
    return slider_weights()


def metric_values(metrics: PopulationMetrics | TrialMetrics, t: Translator) -> dict[str, float]:
    """The metrics that lie between 0 and 1, by name; NaN where nothing is known."""
    return {
        t("weights.own_department"): metrics.own_department_share,
        t("weights.coverage"): metrics.coverage,
        t("weights.gini"): metrics.gini,
        t("weights.diversity"): metrics.diversity,
    }


def draw_metrics(comparison: Comparison, t: Translator) -> None:
    """Six numbers with their change against the weights in force."""
    before, after = comparison.before.metrics, comparison.after.metrics
    boxes = [*st.columns(3), *st.columns(3)]
    shares = (
        ("own_department", before.own_department_share, after.own_department_share, "off"),
        ("coverage", before.coverage, after.coverage, "normal"),
        ("gini", before.gini, after.gini, "inverse"),
        ("diversity", before.diversity, after.diversity, "normal"),
    )
    for box, (name, old, new, colour) in zip(boxes, shares, strict=False):
        is_index = name in ("gini", "diversity")
        value = (f"{new:.2f}" if is_index else f"{new:.1%}") if isfinite(new) else "–"
        change = f"{new - old:+.2f}" if is_index else t("weights.points", change=f"{(new - old) * 100:+.1f}")
        is_visible = abs(new - old) >= (0.005 if is_index else 0.0005)  # a smaller change is rounded away
        _draw_metric(box, name, value, change if is_visible else None, t, colour=colour)
    nobody = after.never_recommended - before.never_recommended
    more = f"{nobody:+,}" if nobody else None
    _draw_metric(boxes[4], "nobody", f"{after.never_recommended:,}", more, t, colour="inverse")
    students = t("weights.churn_students", count=comparison.changed_students)
    _draw_metric(boxes[5], "churn", f"{comparison.churn:.1%}", students, t, arrow="off")


def _draw_metric(
    box: DeltaGenerator,
    name: str,
    value: str,
    change: str | None,
    t: Translator,
    *,
    colour: str = "off",
    arrow: str = "auto",
) -> None:
    box.metric(
        t(f"weights.{name}"),
        value,
        change,
        delta_color=colour,  # type: ignore[arg-type]
        delta_arrow=arrow,  # type: ignore[arg-type]
        help=t(f"weights.{name}_help"),
        border=True,
        height="stretch",
    )


def _draw_effects(comparison: Comparison, t: Translator) -> None:
    before, after = metric_values(comparison.before.metrics, t), metric_values(comparison.after.metrics, t)
    st.caption(
        t("weights.ranked", students=comparison.after.metrics.students, seconds=f"{comparison.after.seconds:.2f}")
    )
    if not comparison.changed_students:
        st.info(t("weights.no_churn"), icon=":material/equal:")
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{t('weights.before_after')}**")
        draw_chart(
            recommendation_charts.population_metrics(
                list(after),
                list(before.values()),
                list(after.values()),
                before_label=t("weights.published"),
                after_label=t("weights.now"),
            ),
            key="weights_metrics_chart",
            alt=t("weights.before_after"),
        )
    if comparison.changed_students:
        with right:
            st.markdown(f"**{t('weights.churn_departments')}**")
            draw_chart(
                weight_charts.churn_by_department(churn_by_department(comparison), limit=14),
                key="weights_churn_chart",
                alt=t("weights.churn_departments"),
            )
    with left if comparison.changed_students else right:
        _draw_concentration(comparison, t)
    _draw_shifts(comparison, t)


def _draw_concentration(comparison: Comparison, t: Translator) -> None:
    st.markdown(f"**{t('weights.concentration')}**")
    draw_chart(
        weight_charts.concentration(
            {
                t("weights.published"): places_of_courses(comparison.before),
                t("weights.now"): places_of_courses(comparison.after),
            },
            even_label=t("weights.even"),
            x_label=t("weights.share_of_courses"),
            y_label=t("weights.share_of_places"),
        ),
        key="weights_concentration_chart",
        alt=t("weights.concentration"),
    )


def _draw_shifts(comparison: Comparison, t: Translator) -> None:
    """Which courses gain and lose most. Costs nothing while folded away."""
    if not comparison.shifts:
        return
    box = st.expander(t("weights.shifts"), icon=":material/swap_vert:", key="weights_shifts_box", on_change="rerun")
    if not box.open:
        return
    box.dataframe(
        {
            t("weights.column_course"): [shift.title for shift in comparison.shifts],
            t("weights.column_department"): [shift.department for shift in comparison.shifts],
            t("weights.column_before"): [shift.before for shift in comparison.shifts],
            t("weights.column_after"): [shift.after for shift in comparison.shifts],
            t("weights.column_change"): [shift.after - shift.before for shift in comparison.shifts],
        },
        hide_index=True,
        height=320,
        key="weights_shifts",
    )
