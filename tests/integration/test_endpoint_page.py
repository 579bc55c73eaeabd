"""Confirming an endpoint on the settings page, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import PROJECT_FOLDER
from core.i18n import LANGUAGES, Translator
from core.models.endpoints import confirmed_endpoints
from core.pipeline.application import Application
from core.pipeline.settings import Settings, change_settings
from pages.widgets.session import application

REFERENCE = "openai:http://127.0.0.1:8000/v1#m"


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    yield application()
    application().close()
    st.cache_resource.clear()


@pytest.fixture(params=LANGUAGES)
def page(request: pytest.FixtureRequest, app: Application) -> AppTest:
    at = AppTest.from_file(PROJECT_FOLDER / "pages" / "settings.py", default_timeout=60)
    at.session_state["language"] = request.param
    return at.run()


def name(page: AppTest, reference: str) -> AppTest:
    page.text_input(key="endpoint_reference").input(reference).run()
    assert not page.exception
    return page


def buttons(page: AppTest) -> set[str | None]:
    return {button.key for button in page.button}


def test_an_address_is_confirmed_with_one_click_and_withdrawn(page: AppTest, app: Application) -> None:
    change_settings(app, Settings(actor="kim"))
    name(page, REFERENCE)
    assert "127" in page.button(key="endpoint_confirm").label
    page.button(key="endpoint_confirm").click().run()
    (kept,) = confirmed_endpoints(app.config)
    assert (kept.address, kept.confirmed_by) == ("http://127.0.0.1:8000", "kim")
    assert "endpoint_confirm" not in buttons(page)
    assert page.warning  # the privacy tab says where texts may go
    page.button(key=f"endpoint_withdraw_{kept.address}").click().run()
    assert confirmed_endpoints(app.config) == ()
    assert not page.exception and not page.error


def test_naming_an_address_confirms_nothing(page: AppTest, app: Application) -> None:
    name(page, REFERENCE)
    assert confirmed_endpoints(app.config) == ()


def test_a_public_address_is_warned_of_and_refused_unencrypted(page: AppTest, app: Application) -> None:
    name(page, "openai:http://8.8.8.8/v1#m")
    assert page.warning
    page.button(key="endpoint_confirm").click().run()
    assert page.error
    assert confirmed_endpoints(app.config) == ()


def test_what_is_no_endpoint_gets_a_sentence(page: AppTest) -> None:
    name(page, "gpu.campus.local")
    language = page.session_state["language"]
    assert Translator(language)("endpoint.bad_reference", reference="x").split("x")[0][:5] in page.error[0].value
    assert "endpoint_confirm" not in buttons(page)
