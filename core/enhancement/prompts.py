"""Prompts: per language, versioned, the part that all courses share first, source data fenced."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.generation.engine import ChatMessage
from core.records import Course

MAX_NOTE_CHARACTERS = 600  # of an existing description: enough to say what it is about
PLACEHOLDERS = ("title", "department", "category", "level", "credits", "description")
FENCE_START, FENCE_END = "<<<", ">>>"
_MAX_FIELD_CHARACTERS = 160
_FENCE = re.compile(r"<<<|>>>|<\|[^|]*\|>")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Example:
    """A fixed course with the description it should get."""

    title: str
    department: str
    description: str
    note: str = ""  # what the department had said before


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """How one language's descriptions are asked for.

    The system text and the examples come first and are the same for all courses, so that engines can compute them
    once. `request` is asked for every example and for the course itself: `{title}` and the other `PLACEHOLDERS` are
    filled in, and a line whose placeholders are all empty is left out.
    """

    language: str
    name: str  # "v0" for the built-in one, "v3" for the third that staff saved
    system: str
    request: str
    examples: tuple[Example, ...] = ()

    @property
    def version(self) -> str:
        """Language, name and a hash of everything that reaches the model."""
        content = json.dumps(self.content(), ensure_ascii=False, sort_keys=True)
        return f"{self.language}-{self.name}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    def content(self) -> dict[str, Any]:
        """What reaches the model, as plain JSON values."""
        return {"system": self.system, "request": self.request, "examples": [asdict(each) for each in self.examples]}

    @classmethod
    def of_content(cls, language: str, name: str, content: Mapping[str, Any]) -> PromptTemplate:
        """A template from what `content` gave."""
        examples = tuple(Example(**each) for each in content["examples"])
        return cls(language, name, content["system"], content["request"], examples)


Prompts = Mapping[str, PromptTemplate]  # by language


def template_for(course: Course, prompts: Prompts) -> PromptTemplate:
    """The template of a course's language, English when it has none of its own."""
    return prompts.get(course.language, prompts["en"])


def prompt_version(courses: Iterable[Course], prompts: Prompts) -> str:
    """The versions of the templates that these courses are asked for with, as a job carries them."""
    return " ".join(sorted({template_for(course, prompts).version for course in courses}))


def build_messages(course: Course, template: PromptTemplate) -> tuple[ChatMessage, ...]:
    """The chat that asks for one course's description: system, worked examples, the course."""
    messages: list[ChatMessage] = [{"role": "system", "content": template.system}]
    for example in template.examples:
        fields = {"title": example.title, "department": example.department, "description": example.note}
        messages += [
            {"role": "user", "content": _fill(template.request, fields)},
            {"role": "assistant", "content": example.description},
        ]
    known = {name: getattr(course, name) for name in PLACEHOLDERS} | {"department": course.department_name}
    fields = {
        name: _plain(value, MAX_NOTE_CHARACTERS if name == "description" else _MAX_FIELD_CHARACTERS)
        for name, value in known.items()
    }
    messages.append({"role": "user", "content": _fill(template.request, fields)})
    return tuple(messages)


def placeholders(text: str) -> frozenset[str]:
    """The names between braces in a text, known or not."""
    return frozenset(_PLACEHOLDER.findall(text))


def _fill(request: str, fields: Mapping[str, str]) -> str:
    """The request with the fields in their places, in one pass: braces inside a field stay what they are."""
    lines = [
        _PLACEHOLDER.sub(lambda found: fields.get(found.group(1), ""), line)
        for line in request.splitlines()
        if not (names := placeholders(line)) or any(fields.get(name) for name in names)
    ]
    return "\n".join(lines)


def _plain(text: str, limit: int) -> str:
    """One line, without anything that could close the fence or imitate the chat format."""
    return " ".join(_FENCE.sub(" ", text).split())[:limit]
