"""Compares two terms of a catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.records import Course


@dataclass(frozen=True, slots=True)
class CatalogDiff:
    """What a new upload changes; pairs are (old, new)."""

    added: tuple[Course, ...]
    changed: tuple[tuple[Course, Course], ...]  # same key and title, other content
    renamed: tuple[tuple[Course, Course], ...]  # the same course under another title or code
    removed: tuple[Course, ...]
    unchanged: tuple[Course, ...]  # as the new upload has them


def compare_catalogs(old: Sequence[Course], new: Sequence[Course]) -> CatalogDiff:
    """Which courses are new, changed, renamed, gone or the same."""
    raise NotImplementedError
