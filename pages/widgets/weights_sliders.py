"""What the sliders and choices of the Weights page hold, and how they follow what is in force."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.pipeline.tuning import normalised
from core.pipeline.weight_sets import in_force
from core.recommendation.blend import SIGNALS
from core.recommendation.options import ListOptions
from pages.widgets.session import application
from pages.widgets.weights_options import as_shown, current_options, set_options

FULL = 100  # a slider's largest weight
_SET_TO, _STARTED = "weights_set_to", "weights_started_from"


def slider_key(signal: str) -> str:
    """The key of a signal's slider."""
    return f"weight_{signal}"


def set_sliders(weights: Mapping[str, float]) -> None:
    """Moves the sliders; for button callbacks, which run before the sliders are drawn."""
    st.session_state[_SET_TO] = normalised(weights)
    for signal, position in _positions(weights).items():
        st.session_state[slider_key(signal)] = position


def slider_weights() -> dict[str, float]:
    """What the sliders say, after `follow_in_force`.

    A slider has whole percents only: while none was moved, these are the exact shares that they were set to, so that
    nothing moved means nothing changed.
    """
    exact: dict[str, float] = st.session_state[_SET_TO]
    said = {signal: int(st.session_state[slider_key(signal)]) for signal in SIGNALS}
    return exact if said == _positions(exact) else {signal: float(weight) for signal, weight in said.items()}


def fill_from_in_force(catalog_id: str) -> None:
    """Sliders and choices as in force; for button callbacks and before they are drawn."""
    weights, options = in_force(application(), catalog_id)
    set_sliders(weights)
    set_options(options)
    st.session_state[_STARTED] = _comparable(weights, options)


def follow_in_force(catalog_id: str) -> bool:
    """Fill what nobody touched with what is in force now, by another person or in another catalog.

    False when it was touched, is kept, and started from something else than what is in force. To be called before
    anything that reads or draws sliders or choices.
    """
    now = _comparable(*in_force(application(), catalog_id))
    started = st.session_state.get(_STARTED)
    held = None if started is None else _comparable(slider_weights(), current_options())
    if held == now:
        st.session_state[_STARTED] = now
    elif held == started:
        fill_from_in_force(catalog_id)
    return bool(st.session_state[_STARTED] == now)


def _positions(weights: Mapping[str, float]) -> dict[str, int]:
    return {signal: round(share * FULL) for signal, share in normalised(weights).items()}


def _comparable(weights: Mapping[str, float], options: ListOptions) -> tuple[dict[str, float], ListOptions]:
    """Without the noise of sums, and with choices as the page can show them."""
    return {signal: round(share, 9) for signal, share in normalised(weights).items()}, as_shown(options)
