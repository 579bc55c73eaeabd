"""What to write and how: the controls of a run before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.generation.engine import GenerationSettings
from core.i18n import Translator
from core.pipeline.enhancement import INSUFFICIENT, EnhancementOptions, EnhancementScope
from core.pipeline.settings import AUTO_BATCH, ENGINES, PRECISIONS, Settings
from core.pipeline.triage import TriageReport
from core.records import DescriptionStatus

_BATCH_SIZES = (AUTO_BATCH, 1, 2, 4, 8, 16, 32, 64, 128, 256)
_TEST_ENGINE = "fake"  # offered only where somebody has chosen it on purpose


def draw_scope(report: TriageReport, t: Translator) -> EnhancementScope:
    """Which courses: by description status, department, search and number."""
    statuses = st.pills(
        t("enhance.statuses"),
        list(DescriptionStatus),
        default=[status for status in DescriptionStatus if status in INSUFFICIENT],
        format_func=lambda status: f"{t(f'widgets.status_{status}')} ({report.statuses[status]:,})",
        selection_mode="multi",
        key="scope_statuses",
    )
    department_place, search_place, limit_place = st.columns([3, 3, 2])
    departments = department_place.multiselect(
        t("enhance.departments"),
        [row.department for row in report.departments],
        format_func=lambda name: name or t("enhance.no_department"),
        placeholder=t("enhance.all_departments"),
        key="scope_departments",
    )
    search = search_place.text_input(t("enhance.search"), icon=":material/search:", key="scope_search")
    limit = limit_place.number_input(
        t("enhance.limit"), min_value=1, value=None, step=10, placeholder=t("enhance.no_limit"), key="scope_limit"
    )
    redo = st.checkbox(t("enhance.redo"), help=t("enhance.redo_help"), key="scope_redo")
    return EnhancementScope(
        statuses=frozenset(statuses),
        departments=frozenset(departments),
        search=search.strip(),
        limit=limit,
        redo_decided=redo,
    )


def draw_options(settings: Settings, t: Translator) -> EnhancementOptions:
    """How to write: engine, precision and the settings of generation, preset as the settings page has them."""
    stored = settings.generation
    engine_place, precision_place, tokens_place, batch_place = st.columns(4)
    engines = [name for name in ENGINES if name != _TEST_ENGINE or settings.engine == _TEST_ENGINE]
    with engine_place:
        engine = _choose(t("enhance.engine"), engines, settings.engine, t, key="option_engine")
    with precision_place:
        precision = _choose(t("enhance.precision"), PRECISIONS, settings.precision, t, key="option_precision")
    max_new_tokens = tokens_place.number_input(
        t("enhance.max_new_tokens"),
        16,
        1024,
        stored.max_new_tokens,
        10,
        help=t("enhance.tokens_help"),
        key="option_tokens",
    )
    batch_size = batch_place.selectbox(
        t("enhance.batch_size"),
        batches := sorted({*_BATCH_SIZES, stored.batch_size}),
        index=batches.index(stored.batch_size),
        format_func=lambda size: t("enhance.auto") if size == AUTO_BATCH else str(size),
        help=t("enhance.batch_help"),
        key="option_batch",
    )
    chosen = replace(_draw_sampling(stored, t), max_new_tokens=max_new_tokens, batch_size=batch_size)
    return EnhancementOptions(engine=engine, precision=precision, settings=chosen)


def _choose(label: str, names: Sequence[str], stored: str, t: Translator, *, key: str) -> str:
    """One of the names, of which `auto` is shown in the reader's language."""
    return st.selectbox(
        label,
        names,
        index=names.index(stored),
        format_func=lambda name: t("enhance.auto") if name == "auto" else name,
        key=key,
    )


def _draw_sampling(stored: GenerationSettings, t: Translator) -> GenerationSettings:
    """How the next token is chosen; the rest of the settings stays as it is."""
    sample_place, temperature_place, top_p_place, penalty_place = st.columns(4, vertical_alignment="bottom")
    do_sample = sample_place.toggle(
        t("enhance.do_sample"), stored.do_sample, help=t("enhance.sample_help"), key="option_sample"
    )
    temperature = temperature_place.number_input(
        t("enhance.temperature"), 0.05, 2.0, stored.temperature, 0.05, disabled=not do_sample, key="option_temperature"
    )
    top_p = top_p_place.number_input(
        t("enhance.top_p"), 0.05, 1.0, stored.top_p, 0.05, disabled=not do_sample, key="option_top_p"
    )
    penalty = penalty_place.number_input(
        t("enhance.repetition_penalty"), 1.0, 2.0, stored.repetition_penalty, 0.05, key="option_penalty"
    )
    return replace(stored, do_sample=do_sample, temperature=temperature, top_p=top_p, repetition_penalty=penalty)
