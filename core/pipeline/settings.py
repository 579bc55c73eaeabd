"""Settings of the installation: models, engine, precision, generation, who is working."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from core.access.actor import requires
from core.access.roles import Permission
from core.catalog.text import visible_line
from core.errors import CourseLiftError, ModelError
from core.generation.engine import GenerationSettings
from core.generation.registry import ENGINE_NAMES
from core.models.endpoints import is_endpoint
from core.models.references import DEFAULT_EMBEDDING, DEFAULT_GENERATION, resolve
from core.pipeline.application import Application

AUTO = "auto"
AUTO_BATCH = 0  # texts side by side: as calibrated, or as suits the engine
ENGINES = (AUTO, *ENGINE_NAMES)
PRECISIONS = (AUTO, "float32", "bfloat16", "float16")
_SETTING = "settings"
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "max_new_tokens": (16, 1024),
    "temperature": (0.05, 2.0),
    "top_p": (0.05, 1.0),
    "repetition_penalty": (1.0, 2.0),
    "batch_size": (AUTO_BATCH, 256),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What staff chose; the defaults work on any machine."""

    generation_model: str = DEFAULT_GENERATION
    embedding_model: str = DEFAULT_EMBEDDING
    engine: str = AUTO  # one of ENGINES
    precision: str = AUTO  # one of PRECISIONS
    generation: GenerationSettings = field(default_factory=lambda: GenerationSettings(batch_size=AUTO_BATCH))
    actor: str = ""  # the name that decisions carry


def read_settings(app: Application) -> Settings:
    """The stored settings, defaults where nothing was chosen."""
    stored: dict[str, Any] = app.settings.get(_SETTING, {})
    known = {item.name for item in fields(Settings)}
    values = {name: value for name, value in stored.items() if name in known}
    generation = GenerationSettings.from_mapping({"batch_size": AUTO_BATCH, **values.pop("generation", {})})
    return Settings(**values, generation=generation)


@requires(Permission.CONFIGURE)
def change_settings(app: Application, settings: Settings) -> None:
    """Store settings.

    Raises ModelError when a newly chosen model reference cannot be resolved, CourseLiftError for values out of range.
    """
    check_generation(settings.generation)
    if settings.engine not in ENGINES or settings.precision not in PRECISIONS:
        raise CourseLiftError("pipeline.error.unknown_choice", value=f"{settings.engine}, {settings.precision}")
    if is_endpoint(settings.embedding_model):  # students' interests are embedded too, and never leave the machine
        raise ModelError("endpoint.not_for_vectors")
    before = read_settings(app)
    for name in ("generation_model", "embedding_model"):
        if getattr(settings, name) != getattr(before, name):
            resolve(getattr(settings, name), app.config)
    app.settings.set(_SETTING, asdict(replace(settings, actor=visible_line(settings.actor))))


def check_generation(generation: GenerationSettings) -> None:
    """Raises CourseLiftError when a generation setting is out of its range."""
    for name, (low, high) in _BOUNDS.items():
        if not low <= getattr(generation, name) <= high:
            raise CourseLiftError("pipeline.error.out_of_range", name=name, low=low, high=high)
