"""Evidence for the weights on the sliders from enrolment history, and a search that proposes others."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.charts import evidence as evidence_charts
from core.i18n import Translator
from core.pipeline.evidence import Evidence, Finding, Suggestions, has_history, measure_evidence, suggest_weights
from core.pipeline.weight_sets import in_force
from core.recommendation.tuning import SweepPoint
from pages.widgets.display import draw_chart
from pages.widgets.formats import duration, percent
from pages.widgets.picking import table_key
from pages.widgets.session import application
from pages.widgets.student_list import draw_synthetic_note
from pages.widgets.weights_options import current_options, options_in_words
from pages.widgets.weights_sliders import set_sliders, slider_weights
from pages.widgets.weights_tuning import weights_in_words

_EVIDENCE, _SUGGESTIONS = "weights_evidence_found", "weights_suggestions"
MAX_DEPARTMENTS = 16
WORTH_A_WARNING = 0.1  # share of places that only the order for ties decides


def draw_evidence(catalog_id: str, t: Translator) -> None:
    """Two buttons with what they find: both take a moment, so nothing is computed before they are pressed."""
    weights, options = slider_weights(), current_options()
    st.caption(t("tuning.on_sliders", weights=weights_in_words(weights, t), options=options_in_words(options, t)))
    world = (catalog_id, application().changes, in_force(application(), catalog_id))
    wanted = (world, options, tuple(weights.values()))
    st.markdown(f"#### {t('tuning.evidence')}")
    if not has_history(application(), catalog_id):
        st.info(t("tuning.no_history"), icon=":material/history:")
    elif not any(weights.values()):
        st.info(t("weights.all_zero"), icon=":material/info:")
    else:
        st.markdown(t("tuning.evidence_text"))
        draw_synthetic_note(t)
        if st.button(t("tuning.measure"), key="weights_measure", type="primary", icon=":material/fact_check:"):
            with st.spinner(t("tuning.measuring")):
                found = measure_evidence(application(), catalog_id, weights, options)
            st.session_state[_EVIDENCE] = (wanted, found)
        made_for, evidence = st.session_state.get(_EVIDENCE, (None, None))
        if evidence is not None and made_for[0] == world:
            _draw_found(evidence, made_for == wanted, t)
    st.markdown(f"#### {t('tuning.suggest')}")
    st.markdown(t("tuning.suggest_text"))
    if st.button(t("tuning.suggest_button"), key="weights_suggest", icon=":material/query_stats:"):
        with st.spinner(t("tuning.suggesting")):
            proposed = suggest_weights(application(), catalog_id, options)
        st.session_state[_SUGGESTIONS] = ((world, options), proposed)
    made_for, suggestions = st.session_state.get(_SUGGESTIONS, (None, None))
    if suggestions is not None and made_for == (world, options):
        _draw_suggestions(suggestions, t)


def _draw_found(evidence: Evidence, is_current: bool, t: Translator) -> None:
    if not is_current:
        st.caption(f":orange[{t('tuning.outdated')}]")
    labels = {finding.name: t(f"tuning.measure_{finding.name}", k=evidence.top_k) for finding in evidence.measures}
    st.dataframe(
        {
            t("tuning.figure"): [labels[finding.name] for finding in evidence.measures],
            t("weights.now"): [_interval(finding) for finding in evidence.measures],
            t("weights.published"): [f"{finding.in_force.mean:.3f}" for finding in evidence.measures],
            t("tuning.difference"): [_difference(finding) for finding in evidence.measures],
            t("tuning.verdict"): [t.message(finding.difference.message) for finding in evidence.measures],
        },
        hide_index=True,
        height="content",
        key="weights_evidence",
    )
    st.caption(_how(evidence, t))
    rows = [(each.name, *_ends(each.measures[0])) for each in evidence.departments[:MAX_DEPARTMENTS]]
    if rows:
        title = t("tuning.by_departments", k=evidence.top_k)
        draw_chart(
            evidence_charts.differences(
                rows, title=title, x_label=t("tuning.difference"), zero_label=t("weights.published")
            ),
            key="weights_evidence_departments",
            alt=title,
        )
        with st.expander(t("tuning.all_departments"), icon=":material/table:"):
            st.dataframe(_department_table(evidence, labels, t), hide_index=True, key="weights_evidence_table")


def _how(evidence: Evidence, t: Translator) -> str:
    """What was held back, and what limits the figures."""
    seconds = duration(evidence.seconds, t)
    if evidence.since is None:
        parts = [t("tuning.held_one", students=evidence.students, seconds=seconds)]
    else:
        parts = [t("tuning.held_newest", students=evidence.students, since=evidence.since, seconds=seconds)]
    if evidence.out_of_reach:
        parts.append(t("tuning.out_of_reach", share=f"{evidence.out_of_reach:.0%}"))
    if max(evidence.tied) > WORTH_A_WARNING:
        now, before = (f"{share:.0%}" for share in evidence.tied)
        parts.append(t("tuning.tied", now=now, published=before))
    return " ".join([*parts, t("tuning.evidence_note")])


def _department_table(evidence: Evidence, labels: dict[str, str], t: Translator) -> dict[str, list[object]]:
    rows = evidence.departments
    table: dict[str, list[object]] = {
        t("tuning.group_department"): [row.name for row in rows],
        t("tuning.students"): [row.students for row in rows],
    }
    for place, name in enumerate(labels.values()):
        table[name] = [_interval(row.measures[place]) for row in rows]
    first = next(iter(labels.values()), "")
    table[f"{t('tuning.difference')}: {first}"] = [_difference(row.measures[0]) for row in rows]
    table[f"{t('tuning.verdict')}: {first}"] = [t.message(row.measures[0].difference.message) for row in rows]
    return table


def _interval(finding: Finding) -> str:
    return f"{finding.tried.mean:.3f} [{finding.tried.low:.3f}, {finding.tried.high:.3f}]"


def _ends(finding: Finding) -> tuple[float, float, float]:
    interval = finding.difference.interval
    return interval.mean, interval.low, interval.high


def _difference(finding: Finding) -> str:
    mean, low, high = _ends(finding)
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"


def _draw_suggestions(found: Suggestions, t: Translator) -> None:
    """The frontier as a chart and as a table of which one row can be taken to the sliders."""
    quality = t("tuning.quality_history" if found.has_history else "tuning.quality_interest")
    draw_chart(
        evidence_charts.frontier(
            _places(found.points),
            _places(found.best),
            _places([found.in_force])[0],
            names=[str(number) for number in range(1, len(found.best) + 1)],
            tried_label=t("tuning.tried"),
            best_label=t("tuning.frontier"),
            in_force_label=t("weights.published"),
            x_label=t("weights.coverage"),
            y_label=quality,
        ),
        key="weights_frontier_chart",
        alt=t("tuning.frontier"),
    )
    answer = st.dataframe(
        {
            t("tuning.number"): list(range(1, len(found.best) + 1)),
            t("weights.column_weights"): [weights_in_words(each.weights.as_mapping(), t) for each in found.best],
            quality: [f"{each.quality:.3f}" for each in found.best],
            t("weights.coverage"): [percent(each.metrics.coverage) for each in found.best],
            t("weights.own_department"): [percent(each.metrics.own_department_share) for each in found.best],
        },
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key=table_key("weights_frontier", [str(each.weights) for each in found.best]),
    )
    st.caption(
        t("tuning.suggest_note", count=len(found.points), students=found.students, seconds=duration(found.seconds, t))
    )
    picked = [found.best[row] for row in answer["selection"]["rows"]]
    if picked:
        st.button(
            t("weights.to_sliders"),
            key="weights_take_suggestion",
            type="primary",
            icon=":material/tune:",
            on_click=_take,
            args=(picked[0],),
        )


def _places(points: Sequence[SweepPoint]) -> list[tuple[float, float]]:
    return [(point.metrics.coverage, point.quality) for point in points]


def _take(point: SweepPoint) -> None:
    set_sliders(point.weights.as_mapping())
    st.session_state["weights_view"] = "tune"
