"""The export's own process: its refusals come back as sentences, and nothing half-made stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ModelError
from core.generation import openvino_export
from core.generation.openvino_export import ensure_exported


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{")
    return folder


def exports(home: Path) -> list[str]:
    folder = home / "models" / "openvino"
    return [path.name for path in folder.iterdir() if not path.name.endswith(".lock")]


def test_a_refusal_comes_back_from_the_child(model: Path, own_state_folder: Path) -> None:
    with pytest.raises(ModelError) as caught:
        ensure_exported(model)
    assert caught.value.message.key == "models.broken_file"
    assert exports(own_state_folder) == []


def test_an_export_is_made_once_and_again_when_the_model_changed(
    model: Path, own_state_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def export(source: Path, target: Path) -> None:
        target.mkdir()
        (target / "openvino_model.xml").write_text("graph")
        made.append(source)

    monkeypatch.setattr(openvino_export, "_export_in_child", export)
    first = ensure_exported(model)
    assert ensure_exported(model) == first
    assert len(made) == 1
    (model / "config.json").write_text('{"model_type": "llama"}')
    assert ensure_exported(model) != first
    assert len(exports(own_state_folder)) == 2
