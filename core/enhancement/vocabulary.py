"""The words and phrases that triage and the checks look for, kept in `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("vocabulary.toml")


def words(section: str, name: str = "words") -> tuple[str, ...]:
    """A list of words, in the order of the file."""
    return tuple(_load()[section][name].split())


@cache
def pattern(section: str, *, match_case: bool = False) -> re.Pattern[str]:
    """All words and patterns of a section as one expression."""
    content = _load()[section]
    alternatives = list(content.get("patterns", ()))
    if "words" in content:
        alternatives.append(rf"\b(?:{'|'.join(map(re.escape, content['words'].split()))})(?![A-Za-z])")
    return re.compile("|".join(alternatives), re.MULTILINE | (0 if match_case else re.IGNORECASE))


@cache
def _load() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
