"""Fixtures that every kind of test shares."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import PROJECT_FOLDER, Config

TEST_HOME = PROJECT_FOLDER / "build" / "test_home"


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a state folder of its own, and never touches the user's."""
    home = tmp_path / "state"
    home.mkdir()
    monkeypatch.setenv("COURSELIFT_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def own_main_module() -> Iterator[None]:
    """Put `__main__` back: Streamlit's AppTest leaves the page there, and a spawned child would run that."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def installed_models() -> Config:
    """A configuration whose models folder holds both embedded models; installed once, kept between runs."""
    from core.models import bundled

    config = Config(TEST_HOME)
    for name in bundled.NAMES:
        bundled.install(name, config)
    return config


@pytest.fixture
def home_with_models(own_state_folder: Path, installed_models: Config) -> Path:
    """This test's own state folder, with the embedded models in it."""
    (own_state_folder / "models").symlink_to(installed_models.models_folder)
    return own_state_folder
