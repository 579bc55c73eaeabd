"""A sentence before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence to be shown in the reader's language: a translation key and what fills its gaps."""

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
