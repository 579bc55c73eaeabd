"""Names of the engines, and how to get one without importing the others' libraries."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from core.errors import ModelError
from core.generation.engine import GenerationEngine

_ENGINES = {
    "transformers": ("core.generation.transformers_engine", "TransformersEngine"),
    "openvino": ("core.generation.openvino_engine", "OpenVinoEngine"),
    "fake": ("core.generation.fake_engine", "FakeEngine"),
}
ENGINE_NAMES = tuple(_ENGINES)


def create_engine(name: str) -> GenerationEngine:
    """A new engine with nothing loaded. Raises ModelError when there is none of this name."""
    if name not in _ENGINES:
        raise ModelError("models.unknown_engine", name=name, known=", ".join(ENGINE_NAMES))
    module, class_name = _ENGINES[name]
    return cast(GenerationEngine, getattr(import_module(module), class_name)())
