"""Which languages a model can write in, so that nobody waits for rubbish."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.models.bundled import BUNDLED
from core.models.endpoints import endpoint_of
from core.models.manifest import read_manifest
from core.records import Message

FAKE_PREFIX = "fake:"
# Families whose makers name Korean among the languages of their instruction-tuned models (their model cards), by the
# `model_type` of config.json. Qwen2 covers Qwen2.5 as well.
_KOREAN_FAMILIES = (
    "exaone",
    "exaone4",
    "qwen2",
    "qwen2_moe",
    "qwen3",
    "qwen3_moe",
    "gemma3",
    "gemma3_text",
    "hyperclovax",
)
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---", re.DOTALL)
_LANGUAGE_LIST = re.compile(r"^language:[ \t]*(.*(?:\n[ \t]*-[ \t]*.*)*)", re.MULTILINE)
_CODE = re.compile(r"\b[a-z]{2}\b")


@dataclass(frozen=True, slots=True)
class LanguageVerdict:
    """Whether a model can write a language. Truth value: `allowed`."""

    allowed: bool
    note: Message | None = None  # why not, or what is not known

    def __bool__(self) -> bool:
        return self.allowed


def can_write(folder: Path, language: str) -> LanguageVerdict:
    """Whether the model at `folder` (see core.models.references) can write `language` ("ko", "en").

    Known are the embedded models and some families; otherwise what the model card declares counts. A model that says
    nothing is allowed, with a note.
    """
    if str(folder).startswith(FAKE_PREFIX):
        return LanguageVerdict(True)
    endpoint = endpoint_of(folder)
    declared = () if endpoint else _known_languages(folder) or _declared_languages(folder)
    name = Message(f"models.language.{language}") if language in ("ko", "en") else language
    params: dict[str, Any] = {"model": endpoint.model if endpoint else folder.name, "language": name}
    if not declared:
        return LanguageVerdict(True, Message("models.language_unknown", params))
    if language in declared:
        return LanguageVerdict(True)
    return LanguageVerdict(False, Message("models.cannot_write", params))


def _known_languages(folder: Path) -> tuple[str, ...]:
    origin = (read_manifest(folder) or {}).get("origin", {})
    if origin.get("name") in BUNDLED:
        return BUNDLED[origin["name"]].languages
    try:
        family = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", "")
    except (OSError, ValueError, AttributeError):
        return ()
    return ("ko", "en") if family in _KOREAN_FAMILIES else ()


def _declared_languages(folder: Path) -> tuple[str, ...]:
    """The two-letter codes under `language:` in the model card's front matter."""
    try:
        card = (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    front = _FRONT_MATTER.match(card)
    listed = _LANGUAGE_LIST.search(front.group(1)) if front else None
    return tuple(_CODE.findall(listed.group(1))) if listed else ()
