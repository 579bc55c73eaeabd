"""Fixtures of tests that run pages: Streamlit's tester on a real database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st

from core.access import passwords
from core.config import Config
from core.i18n import LANGUAGES
from core.pipeline import intake, settings
from core.pipeline.application import Application
from pages.widgets.session import application
from tests.pages_lab import CATALOG, NavigatedPages
from tests.seeding import seed


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def whole_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """For pages that are opened through `app.py`."""
    monkeypatch.setattr("streamlit.testing.v1.app_test.PagesManager", NavigatedPages)


@pytest.fixture
def empty(own_state_folder: Path) -> Iterator[Application]:
    """The pages' own application, with nothing in it."""
    yield application()
    application().close()
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def uploaded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with a catalog and an engine that needs no model."""
    home = tmp_path_factory.mktemp("uploaded")
    with Application(Config(home), watch_jobs=False) as app:
        chosen = settings.read_settings(app)
        settings.change_settings(app, replace(chosen, generation_model="fake:delay=0.1", embedding_model="fake:"))
        intake.apply_catalog(app, intake.preview_catalog(app, CATALOG.encode(), "c.csv"), name="Autumn")
    return home


@pytest.fixture
def uploaded(uploaded_home: Path, own_state_folder: Path) -> Iterator[Application]:
    """The pages' own application on this test's copy of a catalog that nobody has worked on."""
    yield from _opened_copy(uploaded_home, own_state_folder)


@pytest.fixture(scope="module")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with drafts, vectors, students and stored lists."""
    return seed(tmp_path_factory.mktemp("seeded"))


@pytest.fixture
def seeded(seeded_home: Path, own_state_folder: Path) -> Iterator[Application]:
    """The pages' own application on this test's copy of a term that has come far."""
    yield from _opened_copy(seeded_home, own_state_folder)


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """They cost a thousandth of the work, and nobody has failed yet."""
    from pages.widgets import sign_in

    slow = passwords._scrypt
    monkeypatch.setattr(passwords, "_scrypt", lambda text, salt, n, r, p: slow(text, salt, n // 1024, r, p))
    sign_in._doorkeeper.cache_clear()


@pytest.fixture
def home(seeded_home: Path, own_state_folder: Path, quick_passwords: None) -> Iterator[Path]:
    """A seeded installation that nobody has opened, with quick passwords."""
    shutil.copytree(seeded_home, own_state_folder, dirs_exist_ok=True)
    yield own_state_folder
    st.cache_resource.clear()


@pytest.fixture
def empty_home(own_state_folder: Path, quick_passwords: None) -> Iterator[Path]:
    """An installation with nothing in it that nobody has opened, with quick passwords."""
    yield own_state_folder
    st.cache_resource.clear()


def _opened_copy(home: Path, own: Path) -> Iterator[Application]:
    shutil.copytree(home, own, dirs_exist_ok=True)
    yield application()
    application().close()
    st.cache_resource.clear()
