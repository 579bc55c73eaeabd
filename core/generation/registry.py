"""Names of the engines, and how to get one without importing the others' libraries."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import cast

from core.errors import ModelError
from core.generation.engine import GenerationEngine

_ENGINES = {
    "transformers": ("core.generation.transformers_engine", "TransformersEngine"),
    "openvino": ("core.generation.openvino_engine", "OpenVinoEngine"),
    "openai": ("core.generation.openai_engine", "OpenAiEngine"),
    "fake": ("core.generation.fake_engine", "FakeEngine"),
}
ENGINE_NAMES = tuple(_ENGINES)


def create_engine(name: str) -> GenerationEngine:
    """A new engine with nothing loaded. Raises ModelError when there is none of this name."""
    if name not in _ENGINES:
        raise ModelError("models.unknown_engine", name=name, known=", ".join(ENGINE_NAMES))
    module, class_name = _ENGINES[name]
    return cast(GenerationEngine, getattr(import_module(module), class_name)())


def default_engine(device: str) -> str:
    """The engine for `device` until calibration says otherwise.

    On a CPU continuous batching in OpenVINO was 4 times as fast as transformers (64 texts at once, 2 cores with
    AVX-512 BF16). Graphics cards are left to transformers.
    """
    return "openvino" if device == "cpu" and find_spec("openvino_genai") else "transformers"


def default_batch_size(engine: str, device: str) -> int:
    """Texts side by side until calibration says otherwise.

    On two cores OpenVINO wrote 1.4 times as many tokens a second with 64 as with 16, and no more with 128 in a run of
    192 texts (`benchmarks/generation.py --batch`); transformers pads there, and slows down with more than 8.
    """
    if engine == "openvino" or (engine == "transformers" and device != "cpu"):
        return 64
    return 8 if engine == "transformers" else 16
