"""Models that cannot be used end in a sentence; any causal model that transformers knows can be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ModelError
from core.generation import transformers_loading
from core.generation.engine import GenerationSettings
from core.generation.transformers_engine import TransformersEngine
from core.i18n import LANGUAGES, Translator

MakeModel = Callable[..., Path]


def load(folder: Path) -> TransformersEngine:
    engine = TransformersEngine()
    engine.load(folder, "float32", "cpu")
    return engine


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3_text", "exaone4"])
def test_any_causal_model_writes(tmp_path: Path, make_model: MakeModel, family: str) -> None:
    engine = load(make_model(tmp_path, family))
    prompts = [[{"role": "user", "content": content}] for content in ("title optics", "the course of light")]
    results = list(engine.generate(prompts, GenerationSettings(max_new_tokens=6)))
    assert sorted(result.index for result in results) == [0, 1]
    assert all(result.error is None and 0 < result.new_tokens <= 6 for result in results)


def expect_refusal(folder: Path, key: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(folder)
    assert caught.value.message.key == key
    assert all(Translator(language).message(caught.value.message) for language in LANGUAGES)


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path, make_model: MakeModel) -> None:
    expect_refusal(make_model(tmp_path, template=None), "models.no_chat_template")


def test_a_cut_weights_file_is_refused(tmp_path: Path, make_model: MakeModel) -> None:
    path = make_model(tmp_path) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    expect_refusal(tmp_path, "models.broken_file")


def test_weights_that_do_not_fit_the_config_are_refused(tmp_path: Path, make_model: MakeModel) -> None:
    path = make_model(tmp_path) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "num_hidden_layers": 3}))
    expect_refusal(tmp_path, "models.incomplete")


def test_a_model_that_is_not_for_writing_is_refused(tmp_path: Path, make_model: MakeModel) -> None:
    path = make_model(tmp_path) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_type": "clip", "architectures": ["CLIPModel"]}))
    expect_refusal(tmp_path, "models.unsupported")


def test_an_unknown_architecture_is_refused(tmp_path: Path, make_model: MakeModel) -> None:
    path = make_model(tmp_path) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_type": "llama99"}))
    expect_refusal(tmp_path, "models.unsupported")


def test_a_damaged_tokenizer_is_refused(tmp_path: Path, make_model: MakeModel) -> None:
    (make_model(tmp_path) / "tokenizer.json").write_text("{")
    expect_refusal(tmp_path, "models.broken_tokenizer")


def test_a_model_larger_than_the_memory_is_refused_before_loading(
    tmp_path: Path, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformers_loading, "_free_device_mib", lambda device: 10.0)
    expect_refusal(make_model(tmp_path), "models.no_memory")


def test_when_memory_runs_out_the_batch_is_split(
    tmp_path: Path, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = load(make_model(tmp_path))
    run = engine._run
    sizes: list[int] = []

    def run_with_little_memory(batch, *others):  # type: ignore[no-untyped-def]
        sizes.append(len(batch))
        if len(batch) > 1 or len(batch[0].ids) > 4:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return run(batch, *others)

    monkeypatch.setattr(engine, "_run", run_with_little_memory)
    contents = ("optics", "light", "title " * 9)
    prompts = [[{"role": "user", "content": content}] for content in contents]
    results = {result.index: result for result in engine.generate(prompts, GenerationSettings(max_new_tokens=4))}
    assert sizes == [3, 1, 2, 1, 1]
    assert results[0].error is None and results[1].error is None
    assert results[2].error is not None
    assert results[2].error.key == "models.prompt_needs_memory"
