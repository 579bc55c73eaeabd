from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.config import Config
from core.errors import ModelError
from core.models.exports import Export
from core.pipeline import models
from core.pipeline.models import install_models
from core.progress import Progress


class Heard(Progress):
    def __init__(self) -> None:
        self.labels: list[str] = []

    def start(self, label: str, total: int | None = None) -> None:
        self.labels.append(label)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
    """Installs on a machine with or without OpenVINO; what `export` raises is raised by the export."""

    def run(engine: str = "openvino", failure: ModelError | None = None) -> list[str]:
        def export(self: Export, folder: Path, progress: Progress) -> None:
            progress.start("models.step.export", 1)
            if failure:
                raise failure

        monkeypatch.setattr(models, "install", lambda name, config, progress: tmp_path / name)
        monkeypatch.setattr(models, "default_engine", lambda device: engine)
        monkeypatch.setattr(Export, "ensure", export)
        heard = Heard()
        install_models(Config(tmp_path), heard)
        return heard.labels

    return run


def test_installing_prepares_both_models_for_openvino(install: Callable[..., list[str]]) -> None:
    assert install() == ["models.step.export"] * 2


def test_nothing_is_prepared_where_openvino_would_not_run(install: Callable[..., list[str]]) -> None:
    assert install("transformers") == []


def test_a_failed_export_is_no_failed_installation(install: Callable[..., list[str]], tmp_path: Path) -> None:
    install(failure=ModelError("models.export_failed", model="m", reason="r"))
    assert models._read_state(Config(tmp_path))["error"] == ""
