"""Confirming that course texts may be sent to an address, and taking that back."""

from __future__ import annotations

import streamlit as st

from core.access.roles import Permission
from core.errors import CourseLiftError
from core.i18n import Translator
from core.models.endpoints import (
    Endpoint,
    confirm_endpoint,
    confirmed_endpoints,
    is_private,
    parse_endpoint,
    withdraw_endpoint,
)
from core.pipeline.settings import read_settings
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, show_error

_OUTCOME = "settings_outcome"  # said after the next run, see pages/settings.py


def draw_endpoints(t: Translator) -> None:
    """What an endpoint gets, the confirmed addresses, and how to confirm another one."""
    st.markdown(f"#### {t('endpoint.title')}")
    st.markdown(t("endpoint.text"))
    _draw_confirmed(t)
    reference = st.text_input(
        t("endpoint.reference"),
        placeholder="openai:http://gpu.campus.local:8000/v1#Qwen/Qwen3-4B",
        help=t("endpoint.reference_help"),
        key="endpoint_reference",
    ).strip()
    if reference:
        try:
            _draw_question(parse_endpoint(reference), t)
        except CourseLiftError as error:
            show_error(error)


def draw_destinations(t: Translator) -> None:
    """Where course texts may go; nothing when no address is confirmed."""
    addresses = [each.address for each in confirmed_endpoints(application().config)]
    if addresses:
        st.warning(plain(t("endpoint.destinations", addresses=", ".join(addresses))), icon=":material/outbound:")


def _draw_question(endpoint: Endpoint, t: Translator) -> None:
    config = application().config
    if endpoint.address in {each.address for each in confirmed_endpoints(config)}:
        st.caption(plain(t("endpoint.is_confirmed", address=endpoint.address)))
        return
    if not is_private(endpoint):
        st.warning(plain(t("endpoint.public_host", host=endpoint.host)), icon=":material/public:")
    if st.button(
        plain(t("endpoint.confirm", host=endpoint.host)),
        type="primary",
        disabled=not may(Permission.CONFIGURE),
        help=reason_why_not(Permission.CONFIGURE),
        key="endpoint_confirm",
    ):
        confirm_endpoint(config, endpoint, read_settings(application()).actor)
        st.session_state[_OUTCOME] = plain(t("endpoint.confirmed", address=endpoint.address))
        st.rerun()


def _draw_confirmed(t: Translator) -> None:
    config = application().config
    for each in confirmed_endpoints(config):
        line, button = st.columns([5, 1], vertical_alignment="center")
        when = moment(each.confirmed_at, t)
        line.write(plain(t("endpoint.confirmed_line", address=each.address, when=when, by=each.confirmed_by).strip()))
        if button.button(
            t("endpoint.withdraw"),
            disabled=not may(Permission.CONFIGURE),
            help=reason_why_not(Permission.CONFIGURE),
            key=f"endpoint_withdraw_{each.address}",
        ):
            withdraw_endpoint(config, each.address)
            st.session_state[_OUTCOME] = plain(t("endpoint.withdrawn", address=each.address))
            st.rerun()
