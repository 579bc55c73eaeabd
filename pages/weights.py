"""Weights: tune them live for all students, compare, save, publish."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.recommendation import latest_run, list_weight_sets, recommend
from core.records import Catalog, WeightSet
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.recommendation_steps import recommendations_are_ready, what_changed
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, catalog_or_way_there, show, translator
from pages.widgets.weights_evidence import draw_evidence
from pages.widgets.weights_saved import draw_saved
from pages.widgets.weights_sliders import follow_in_force
from pages.widgets.weights_sweeps import draw_sweeps
from pages.widgets.weights_tuning import draw_tuning, set_name, weights_in_words

VIEWS = {
    "tune": "weights.view_tune",
    "sweeps": "weights.view_sweeps",
    "evidence": "tuning.view",
    "saved": "weights.view_saved",
}


def draw() -> None:
    """The page."""
    t = translator()
    st.title(t("weights.title"))
    catalog = catalog_or_way_there(t)
    if catalog is None:
        return
    if not recommendations_are_ready(catalog.catalog_id, t):
        return
    sets = list_weight_sets(application(), catalog.catalog_id)
    follow_in_force(catalog.catalog_id)
    _draw_state(catalog, next((each for each in sets if each.is_published), None), t)
    view = st.segmented_control(
        t("weights.view"),
        tuple(VIEWS),
        format_func=lambda name: t(VIEWS[name]),
        default="tune",
        required=True,
        key="weights_view",
        label_visibility="collapsed",
    )
    if view == "tune":
        draw_tuning(catalog.catalog_id, sets, t)
    elif view == "sweeps":
        draw_sweeps(catalog.catalog_id, t)
    elif view == "evidence":
        draw_evidence(catalog.catalog_id, t)
    else:
        draw_saved(catalog.catalog_id, sets, t)


def _draw_state(catalog: Catalog, published: WeightSet | None, t: Translator) -> None:
    """Which weights are in force, which made the stored lists, and the button that makes them anew."""
    run = latest_run(application(), catalog.catalog_id)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="weights_state"):
        if published is None:
            in_force = t("weights.in_force_default")
        else:
            in_force = t("weights.in_force", name=plain(set_name(published, t)), version=published.version)
            if published.name:
                in_force += f" ({plain(weights_in_words(published.weights, t))})"
        if run is None:
            stored = t("weights.stored_none")
        else:
            stored = t(
                "weights.stored",
                students=run.students,
                when=moment(run.made_at, t),
                name=plain(set_name(run.weight_set, t)),
                version=run.weight_set.version,
            )
        lines, changes = [in_force, f":gray[{stored}]"], "" if run is None else what_changed(run, t)
        if changes:
            lines.append(f":orange[:material/update: {t('students.lists_outdated', changes=changes)}]")
        st.markdown("  \n".join(lines), width="stretch")
        if st.button(
            t("weights.recompute"),
            disabled=not may(Permission.PUBLISH),
            key="weights_recompute",
            type="primary" if run is None or changes else "secondary",
            icon=":material/calculate:",
            help=reason_why_not(Permission.PUBLISH) or (t("weights.recompute_help")),
        ):
            with st.spinner(t("weights.recomputing")):
                report = recommend(application(), catalog.catalog_id)
            st.session_state["weights_outcome"] = t(
                "weights.recomputed",
                students=report.students,
                rows=report.recommendations,
                seconds=f"{report.seconds:.1f}",
            )
            st.rerun()
    conflict = st.session_state.pop("weights_conflict", None)
    if conflict is not None:
        st.warning(plain(t.message(conflict)), icon=":material/group:")
    outcome = st.session_state.pop("weights_outcome", None)
    if outcome:
        st.toast(outcome, icon=":material/check:")


show(draw)
