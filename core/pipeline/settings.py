"""Settings of the installation: models, engine, precision, generation, who is working."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.pipeline.application import Application

if TYPE_CHECKING:
    from core.generation.engine import GenerationSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """What staff chose; the defaults work on any machine."""

    generation_model: str = "bundled:smollm2-135m-instruct"
    embedding_model: str = "bundled:multilingual-e5-small"
    engine: str = "auto"  # "auto", "transformers", "fake"
    precision: str = "auto"  # "auto", "float32", "bfloat16", "float16"
    generation: GenerationSettings | None = None  # None: the defaults of the report
    actor: str = ""  # the name that decisions carry


def read_settings(app: Application) -> Settings:
    """The stored settings, defaults where nothing was chosen."""
    raise NotImplementedError


def change_settings(app: Application, settings: Settings) -> None:
    """Store settings.

    Raises ModelError when a model reference cannot be resolved, CourseLiftError for values out of range.
    """
    raise NotImplementedError
