"""Why something did not work, in sentences for staff, and how a journal keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import CourseLiftError
from core.records import Message

# How Python, C++, torch, the C library and its loader say that memory ran out.
_MEMORY_SIGNS = ("MemoryError", "bad_alloc", "out of memory", "allocate memory", "failed to map segment")


def as_values(message: Message) -> dict[str, Any]:
    """A Message as plain JSON values; anything unusual among its params becomes its text."""
    return {"key": message.key, "params": {name: _plain(value) for name, value in message.params.items()}}


def as_message(values: Mapping[str, Any]) -> Message:
    """The Message that `as_values` wrote down."""
    params = {
        name: as_message(value) if isinstance(value, Mapping) else value for name, value in values["params"].items()
    }
    return Message(str(values["key"]), params)


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return as_values(value)
    return value if isinstance(value, int | float) else str(value)


def speaks_of_memory(text: str) -> bool:
    """Whether an error's text says that memory ran out."""
    return any(sign in text for sign in _MEMORY_SIGNS)


def reason_of(error: Exception) -> Message:
    """An error as a sentence."""
    if isinstance(error, CourseLiftError):
        return error.message
    text = f"{type(error).__name__}: {error}"
    if speaks_of_memory(text):
        return Message("jobs.out_of_memory")
    if isinstance(error, ImportError):
        return Message("jobs.library_missing", {"library": error.name or str(error)})
    return Message("jobs.unexpected", {"error": type(error).__name__})
