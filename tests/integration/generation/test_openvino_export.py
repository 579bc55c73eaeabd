"""The export's own process: its refusals come back as sentences, and nothing half-made stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ModelError
from core.generation.engine import GenerationSettings
from core.generation.openvino_export import DECODER_EXPORT
from core.generation.registry import create_engine
from core.models.exports import Export


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{")
    return folder


def exports(home: Path) -> list[str]:
    folder = home / "models" / "openvino"
    return [path.name for path in folder.iterdir() if path.is_dir()]


def test_a_refusal_comes_back_from_the_child(model: Path, own_state_folder: Path) -> None:
    with pytest.raises(ModelError) as caught:
        DECODER_EXPORT.ensure(model)
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

    monkeypatch.setattr(Export, "in_child", lambda _, source, target: export(source, target))
    first = DECODER_EXPORT.ensure(model)
    assert DECODER_EXPORT.ensure(model) == first
    assert len(made) == 1
    (model / "config.json").write_text('{"model_type": "llama"}')
    assert DECODER_EXPORT.ensure(model) != first
    assert len(exports(own_state_folder)) == 1  # nobody can use the older one any more


def test_a_model_of_another_family_writes_what_transformers_writes(
    tmp_path: Path, make_model: Callable[..., Path]
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    make_model(folder, "exaone4")
    prompts = [[{"role": "user", "content": content}] for content in ("title optics", "the course of light")]
    settings = GenerationSettings(max_new_tokens=8, do_sample=False)
    written = []
    for name in ("transformers", "openvino"):
        engine = create_engine(name)
        engine.load(folder, "float32", "cpu")
        results = sorted(engine.generate(prompts, settings), key=lambda result: result.index)
        written.append([result.text for result in results])
    assert written[0] == written[1]
    assert any(written[0])
