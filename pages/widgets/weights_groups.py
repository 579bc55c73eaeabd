"""What other weights do to the students of each department and year, as a table."""

from __future__ import annotations

import streamlit as st

from core.i18n import Translator
from core.pipeline.group_effects import Grouped, GroupEffect, effects_by
from core.pipeline.recommendation import Comparison
from pages.widgets.formats import percent


def draw_groups(comparison: Comparison, t: Translator) -> None:
    """A choice of department or year, and one row a group: in force → sliders. Costs nothing while folded away."""
    box = st.expander(t("tuning.groups"), icon=":material/groups:", key="weights_groups_box", on_change="rerun")
    if not box.open:
        return
    with box:
        choices: tuple[Grouped, ...] = ("department", "year")
        by = st.segmented_control(
            t("tuning.groups"),
            choices,
            format_func=lambda each: t(f"tuning.by_{each}"),
            default="department",
            required=True,
            key="weights_groups_by",
            label_visibility="collapsed",
        )
        rows = effects_by(comparison, by)
        st.dataframe(
            {
                t(f"tuning.group_{by}"): [row.name for row in rows],
                t("tuning.students"): [row.students for row in rows],
                t("weights.churn"): [percent(row.replaced) for row in rows],
                t("weights.own_department"): [_pair(row.own_department_share) for row in rows],
                t("weights.diversity"): [_pair(row.diversity) for row in rows],
                t("tuning.different_courses"): [_counts(row) for row in rows],
            },
            hide_index=True,
            height=320 if len(rows) > 8 else "content",
            key="weights_groups",
        )
        st.caption(t("tuning.groups_note"))


def _pair(pair: tuple[float, float]) -> str:
    return f"{percent(pair[0])} → {percent(pair[1])}"


def _counts(row: GroupEffect) -> str:
    return f"{row.courses[0]:,} → {row.courses[1]:,}"
