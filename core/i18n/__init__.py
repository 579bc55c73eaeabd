"""Translation catalogs: one TOML file a language and area, `<language>/<area>.toml`; a key is `area.name`.

Korean particles that depend on the word before them are written in both forms in the catalogs, e.g. "을(를)".
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.records import Message

LANGUAGES = ("ko", "en")
DEFAULT_LANGUAGE = "en"
_FOLDER = Path(__file__).parent


@cache
def load_catalog(language: str) -> Mapping[str, str]:
    """All texts of one language, keyed `area.name` (nested tables give `area.table.name`)."""
    texts: dict[str, str] = {}
    for path in sorted((_FOLDER / language).glob("*.toml")):
        _flatten(path.stem, tomllib.loads(path.read_text(encoding="utf-8")), texts)
    return texts


def _flatten(prefix: str, table: Mapping[str, Any], texts: dict[str, str]) -> None:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, dict):
            _flatten(key, value, texts)
        else:
            texts[key] = str(value)


class Translator:
    """Gives texts in one language. Call it with a key: `t("overview.title")`, `t("catalog.rows", count=3)`."""

    def __init__(self, language: str = DEFAULT_LANGUAGE) -> None:
        self.language = language if language in LANGUAGES else DEFAULT_LANGUAGE

    def __call__(self, key: str, /, **params: Any) -> str:
        """The text of `key` with its gaps filled; a Message among the params is translated too.

        Raises KeyError when the catalog has no such key: a missing text is a defect, and tests look for it.
        """
        filled = {name: self.message(value) if isinstance(value, Message) else value for name, value in params.items()}
        return load_catalog(self.language)[key].format(**filled)

    def message(self, message: Message) -> str:
        """The sentence a Message stands for."""
        return self(message.key, **message.params)


def choose_language(preferred: str | None) -> str:
    """The supported language nearest to a browser locale such as "ko-KR"; English when there is none."""
    language = (preferred or "").split("-")[0].lower()
    return language if language in LANGUAGES else DEFAULT_LANGUAGE
