"""Saved weight sets: their versions, side by side, publishing and rolling back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.recommendation import publish_weights, rank_live
from core.pipeline.tuning import normalised
from core.pipeline.weight_sets import in_force
from core.recommendation.options import ListOptions
from core.records import Message, WeightSet
from pages.widgets.display import plain
from pages.widgets.formats import moment, percent
from pages.widgets.picking import PickedRows
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application
from pages.widgets.weights_options import options_in_words, set_options
from pages.widgets.weights_save import draw_anew
from pages.widgets.weights_sliders import set_sliders
from pages.widgets.weights_tuning import metric_values, set_name, signal_labels, weights_in_words


def draw_saved(catalog_id: str, sets: Sequence[WeightSet], t: Translator) -> None:
    """All versions, newest first; one can be published again, taken to the sliders, or two compared."""
    if not sets:
        st.info(t("weights.no_sets"), icon=":material/bookmark:")
        return
    rows = PickedRows([each.weight_set_id for each in sets], key="weights_sets")
    answer = st.dataframe(
        {
            t("weights.name"): [set_name(each, t) for each in sets],
            t("weights.version"): [each.version for each in sets],
            t("weights.in_force_column"): ["✓" if each.is_published else "" for each in sets],
            t("weights.column_weights"): [weights_in_words(each.weights, t) for each in sets],
            t("tuning.options"): [options_in_words(ListOptions.from_mapping(each.options), t) for each in sets],
            t("weights.author"): [each.author for each in sets],
            t("weights.made_at"): [moment(each.created_at, t) for each in sets],
            t("weights.note"): [each.note for each in sets],
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default=rows.default,
        key=rows.key,
    )
    identities = rows.take(answer)
    picked = [each for each in sets if each.weight_set_id in identities]
    if not picked:
        st.caption(t("weights.pick_one"))
    elif len(picked) == 1:
        _draw_actions(catalog_id, picked[0], t)
    else:
        _draw_comparison(catalog_id, picked, t)


def _draw_actions(catalog_id: str, chosen: WeightSet, t: Translator) -> None:
    now, seen_key = in_force(application(), catalog_id), f"weights_saved_seen_{catalog_id}"
    seen = st.session_state.get(seen_key, now)  # in the run before: what the person who presses has seen
    st.session_state[seen_key] = now
    with st.container(horizontal=True):
        if st.button(
            t("weights.publish", name=plain(set_name(chosen, t)), version=chosen.version),
            key=f"weights_publish_{chosen.weight_set_id}",
            type="primary",
            icon=":material/publish:",
            disabled=(chosen.is_published) or not may(Permission.PUBLISH),
            help=reason_why_not(Permission.PUBLISH) or (t("weights.publish_help")),
        ):
            if seen != now:
                draw_anew(Message("weights.other_in_force"))
            publish_weights(application(), chosen.weight_set_id)
            st.session_state["weights_outcome"] = t(
                "weights.is_published", name=plain(set_name(chosen, t)), version=chosen.version
            )
            st.rerun()
        st.button(
            t("weights.to_sliders"),
            key=f"weights_to_sliders_{chosen.weight_set_id}",
            icon=":material/tune:",
            on_click=_take_to_sliders,
            args=(chosen,),
        )


def _take_to_sliders(chosen: WeightSet) -> None:
    set_sliders(chosen.weights)
    set_options(ListOptions.from_mapping(chosen.options))
    st.session_state["weights_view"] = "tune"


def _draw_comparison(catalog_id: str, picked: Sequence[WeightSet], t: Translator) -> None:
    """One column a set: effective weights, then what they do to all students."""
    rows: dict[str, list[str]] = {t("weights.compared"): []}
    for each in picked:
        options = ListOptions.from_mapping(each.options)
        metrics = rank_live(application(), catalog_id, each.weights, options=options).metrics
        shares = {signal_labels(t)[signal]: f"{share:.0%}" for signal, share in normalised(each.weights).items()}
        effects = {name: percent(value) for name, value in metric_values(metrics, t).items()}
        shares[t("tuning.options")] = options_in_words(options, t)
        column = shares | effects | {t("weights.nobody"): f"{metrics.never_recommended:,}"}
        rows[t("weights.compared")] = list(column)
        rows[f"{set_name(each, t)} · {each.version}"] = list(column.values())
    st.dataframe(rows, hide_index=True, height="content", key="weights_comparison")
