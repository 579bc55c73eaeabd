"""The error hierarchy. Every message is a translation key, so that staff read it in their language."""

from __future__ import annotations

from typing import Any

from core.i18n import Translator
from core.records import Message


class CourseLiftError(Exception):
    """Something a staff member can understand and act on.

    `key` names a sentence of the translation catalog, `params` fill its gaps.
    `str(error)` is the English sentence; pages show `translator.message(error.message)`.
    """

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key)
        self.message = Message(key, params)

    def __str__(self) -> str:
        return Translator("en").message(self.message)


class IntakeError(CourseLiftError):
    """An uploaded file cannot be read as what it should be."""


class StorageError(CourseLiftError):
    """The database cannot be opened, read or written."""


class ModelError(CourseLiftError):
    """A model cannot be found, verified, loaded or used."""


class JobError(CourseLiftError):
    """A job cannot be started, resumed or controlled as asked."""


class RecommendationError(CourseLiftError):
    """Recommendations cannot be computed or explained as asked."""


class AccessError(CourseLiftError):
    """Somebody is not signed in, or may not do what they asked for."""
