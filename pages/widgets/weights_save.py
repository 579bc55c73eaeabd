"""Saving what the sliders say as the next version of a weight set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import streamlit as st

from core.access.roles import Permission
from core.errors import StorageError
from core.i18n import Translator
from core.pipeline.recommendation import publish_weights, recommend, save_weights
from core.pipeline.settings import read_settings
from core.pipeline.tuning import normalised
from core.pipeline.weight_sets import in_force
from core.recommendation.options import ListOptions
from core.records import Message, WeightSet
from pages.widgets.display import plain
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application


def draw_save(
    catalog_id: str, weights: Mapping[str, float], options: ListOptions, sets: Sequence[WeightSet], t: Translator
) -> None:
    """Save what is set as the next version of a name; publish and recompute in the same step if wanted."""
    published = next((each for each in sets if each.is_published), None)
    versions = {each.name: each.version for each in reversed(sets)}
    now = (versions, in_force(application(), catalog_id))
    seen_key = f"weights_seen_{catalog_id}"
    seen, seen_in_force = st.session_state.get(seen_key, now)  # in the run before: what the person who presses has seen
    st.session_state[seen_key] = now
    with (
        st.expander(t("weights.save_title"), icon=":material/save:", key="weights_save_box"),
        st.form("weights_save_form", enter_to_submit=False),
    ):
        name = st.text_input(t("weights.name"), published.name if published else "", key="weights_name", max_chars=80)
        note = st.text_input(t("weights.note"), key="weights_note", max_chars=300)
        goes_public = _draw_publish_too(t)
        if not st.form_submit_button(
            t("weights.save"),
            type="primary",
            disabled=not may(Permission.SAVE_WEIGHTS),
            help=reason_why_not(Permission.SAVE_WEIGHTS),
            key="weights_save",
        ):
            return
        if goes_public and seen_in_force != now[1]:
            draw_anew(Message("weights.published_meanwhile"))
        name = name.strip()
        saved = _save(catalog_id, name, weights, note.strip(), seen.get(name, 0), options)
        if goes_public:
            publish_weights(application(), saved.weight_set_id)
            with st.spinner(t("weights.recomputing")):
                recommend(application(), catalog_id)
    st.session_state["weights_outcome"] = t("weights.saved", name=plain(saved.name), version=saved.version)
    st.rerun()


def _draw_publish_too(t: Translator) -> bool:
    """Whether the set is to come into force as well; only for people who may decide that."""
    may_publish, why_not = may(Permission.PUBLISH), reason_why_not(Permission.PUBLISH)
    label = t("weights.publish_too")
    return may_publish & st.checkbox(
        label, value=may_publish, disabled=not may_publish, help=why_not, key="weights_publish_too"
    )


def _save(
    catalog_id: str, name: str, weights: Mapping[str, float], note: str, expected_version: int, options: ListOptions
) -> WeightSet:
    """The saved set; when somebody else saved this name meanwhile, the page is drawn anew and says so."""
    app = application()
    try:
        return save_weights(
            app,
            catalog_id,
            name,
            normalised(weights),
            author=read_settings(app).actor,
            note=note,
            expected_version=expected_version,
            options=options,
        )
    except StorageError as error:
        if error.message.key != "storage.changed_by":
            raise
        draw_anew(error.message)


def draw_anew(conflict: Message) -> NoReturn:
    """What was set by hand stays; drawn anew, the page knows what the other person did, and can save after it."""
    st.session_state["weights_conflict"] = conflict
    st.rerun()
