from __future__ import annotations

from pathlib import Path

import pytest

from core.config import Config
from core.errors import ModelError
from core.models.manifest import write_manifest
from core.models.references import DEFAULT_GENERATION, resolve


@pytest.fixture
def config(own_state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.delenv("COURSELIFT_HUB", raising=False)
    return Config(own_state_folder)


def test_a_folder_with_a_config_is_a_model(tmp_path: Path, config: Config) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert resolve(str(tmp_path), config) == tmp_path


def test_a_gguf_file_is_a_model(tmp_path: Path, config: Config) -> None:
    path = tmp_path / "model.Q4_K_M.gguf"
    path.touch()
    assert resolve(str(path), config) == path


def test_another_folder_or_file_is_not(tmp_path: Path, config: Config) -> None:
    (tmp_path / "notes.txt").touch()
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(ModelError, match="not a model"):
            resolve(str(path), config)


def test_a_model_that_is_not_installed_says_how_to_install_it(config: Config) -> None:
    with pytest.raises(ModelError, match="models install"):
        resolve(DEFAULT_GENERATION, config)


def test_an_installed_model_is_found(config: Config) -> None:
    from core.models.bundled import SMOLLM2

    folder = config.models_folder / SMOLLM2.name
    folder.mkdir(parents=True)
    write_manifest(folder, SMOLLM2.origin)
    assert resolve(DEFAULT_GENERATION, config) == folder


def test_with_the_hub_off_no_hub_model_is_fetched(config: Config) -> None:
    with pytest.raises(ModelError, match="turned off"):
        resolve("Qwen/Qwen3-0.6B", config)


@pytest.mark.parametrize("reference", ["", "no such thing", "/nowhere/at/all", "bundled:", "bundled:gpt"])
def test_nonsense_is_refused(reference: str, config: Config) -> None:
    with pytest.raises(ModelError):
        resolve(reference, config)


def test_a_fake_reference_keeps_its_behaviour(config: Config) -> None:
    assert str(resolve("fake:delay=0.1,die_on=Optics", config)) == "fake:delay=0.1,die_on=Optics"
