"""What a prompt that staff wrote must be like, so that every course can be asked for with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.enhancement.prompts import FENCE_END, FENCE_START, PLACEHOLDERS, PromptTemplate, placeholders
from core.records import Message

MAX_CHARACTERS = 4000  # of everything that courses share: small models read a few thousand tokens, slowly on a CPU
MAX_EXAMPLES = 6
_REQUIRED = ("title", "description")
_FENCED = re.compile(rf"{FENCE_START}[^<>{{}}]*\{{description\}}[^<>{{}}]*{FENCE_END}")


def prompt_problems(template: PromptTemplate) -> tuple[Message, ...]:
    """What keeps a template from being used, one sentence each; empty when nothing does."""
    return tuple(_problems(template))


def _problems(template: PromptTemplate) -> Iterator[Message]:
    names = placeholders(template.request)
    for name in _REQUIRED:
        if name not in names:
            yield _message("missing", name=name)
    for name in sorted(names - set(PLACEHOLDERS)):
        yield _message("unknown", name=name, known=", ".join(f"{{{each}}}" for each in PLACEHOLDERS))
    if "description" in names and len(_FENCED.findall(template.request)) != template.request.count("{description}"):
        yield _message("not_fenced", start=FENCE_START, end=FENCE_END)
    if not template.system.strip():
        yield _message("no_system")
    shared = (template.system, *(text for each in template.examples for text in (each.title, each.description)))
    if found := sorted(set(PLACEHOLDERS) & frozenset().union(*map(placeholders, shared))):
        yield _message("not_shared", name=found[0])
    yield from _length_problems(template)


def _length_problems(template: PromptTemplate) -> Iterator[Message]:
    if len(template.examples) > MAX_EXAMPLES:
        yield _message("many_examples", count=len(template.examples), maximum=MAX_EXAMPLES)
    for number, example in enumerate(template.examples, start=1):
        if not (example.title.strip() and example.description.strip()):
            yield _message("half_example", number=number)
    texts = (template.system, template.request)
    length = sum(map(len, texts)) + sum(
        len("".join((e.title, e.department, e.note, e.description))) for e in template.examples
    )
    if length > MAX_CHARACTERS:
        yield _message("too_long", length=length, maximum=MAX_CHARACTERS)


def _message(problem: str, **params: object) -> Message:
    return Message(f"prompts.problem.{problem}", params)
