"""Prompt versions that staff saved, and which of them is used in each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.storage.connection import Database
from core.storage.conversion import from_json, from_stored_time, now, to_json, to_stored_time
from core.storage.queries import prompts as queries


@dataclass(frozen=True, slots=True)
class StoredPrompt:
    """One version of a language's prompt, as it was saved."""

    language: str
    version: int  # from 1 in each language
    content: Mapping[str, Any]  # see core.enhancement.prompts
    created_at: datetime
    author: str
    note: str


@dataclass(frozen=True, slots=True)
class PromptChoice:
    """One decision about which version is used."""

    version: int  # 0: the one that comes with CourseLift
    chosen_at: datetime
    chosen_by: str


class PromptStore:
    """Reads and writes prompt versions. None is ever changed, and every choice of a default is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def versions(self, language: str) -> list[StoredPrompt]:
        """Every saved version of a language, newest first."""
        rows = self._database.fetch(queries.LIST, [language])
        return [
            StoredPrompt(name, version, from_json(content), from_stored_time(moment), author, note)
            for name, version, content, moment, author, note in rows
        ]

    def save(self, language: str, content: Mapping[str, Any], author: str, note: str) -> int:
        """Keep a new version; its number is returned."""
        with self._database.write() as cursor:
            version = int(cursor.execute(queries.NEXT_VERSION, [language]).fetchall()[0][0])
            cursor.execute(queries.ADD, [language, version, to_json(content), to_stored_time(now()), author, note])
            return version

    def choices(self, language: str) -> list[PromptChoice]:
        """Which version was made the default when and by whom, newest first; empty: nobody chose."""
        rows = self._database.fetch(queries.CHOICES, [language])
        return [PromptChoice(version, from_stored_time(moment), by) for version, moment, by in rows]

    def choose(self, language: str, version: int, by: str) -> None:
        """Make a version the default of its language."""
        values = {"language": language, "version": version, "moment": to_stored_time(now()), "by": by}
        with self._database.write() as cursor:
            cursor.execute(queries.CHOOSE, values)
