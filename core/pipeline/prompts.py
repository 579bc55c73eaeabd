"""Prompts: which are in use, their versions, saving new ones, going back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from core.access.actor import author, requires
from core.access.roles import Permission
from core.catalog.text import visible_line
from core.enhancement.builtin_prompts import BUILT_IN
from core.enhancement.prompt_rules import prompt_problems
from core.enhancement.prompts import Prompts, PromptTemplate, build_messages
from core.errors import CourseLiftError
from core.generation.engine import ChatMessage
from core.pipeline.application import Application
from core.pipeline.settings import read_settings
from core.records import Course

PROMPT_LANGUAGES = tuple(BUILT_IN)
MAX_NOTE_CHARACTERS = 200
_TRIAL_NAME = "trial"


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """One version of a language's prompt."""

    number: int  # 0: the one that comes with CourseLift
    template: PromptTemplate
    is_default: bool
    created_at: datetime | None  # None for version 0
    author: str
    note: str


def prompt_versions(app: Application, language: str) -> tuple[PromptVersion, ...]:
    """Every version of a language, newest first; the last is version 0."""
    default = _default_number(app, language)
    saved = [
        PromptVersion(
            number=it.version,
            template=PromptTemplate.of_content(language, f"v{it.version}", it.content),
            is_default=it.version == default,
            created_at=it.created_at,
            author=it.author,
            note=it.note,
        )
        for it in app.prompts.versions(language)
    ]
    return (*saved, PromptVersion(0, BUILT_IN[language], default == 0, None, "", ""))


def default_prompt(app: Application, language: str) -> PromptVersion:
    """The version that a language's courses are asked for with."""
    return next(version for version in prompt_versions(app, language) if version.is_default)


def current_prompts(app: Application) -> Prompts:
    """The default template of each language."""
    return {language: default_prompt(app, language).template for language in PROMPT_LANGUAGES}


def prompts_to_try(app: Application, template: PromptTemplate) -> Prompts:
    """The default templates, `template` in place of its language's; for a trial before it is saved.

    Raises CourseLiftError when it cannot be used.
    """
    _check(template)
    return {**current_prompts(app), template.language: replace(template, name=_TRIAL_NAME)}


def preview(template: PromptTemplate, course: Course) -> tuple[ChatMessage, ...]:
    """Exactly what the model is told about one course. Raises CourseLiftError when the template cannot be used."""
    _check(template)
    return build_messages(course, template)


@requires(Permission.REVIEW)
def save_prompt(app: Application, template: PromptTemplate, note: str = "") -> PromptVersion:
    """Keep a template as the next version of its language; the default stays what it is.

    Raises CourseLiftError when it cannot be used or is the same as an earlier version.
    """
    _check(template)
    for version in prompt_versions(app, template.language):
        if version.template.content() == template.content():
            raise CourseLiftError("prompts.same_as", number=version.number)
    by = author(read_settings(app).actor)
    number = app.prompts.save(template.language, template.content(), by, visible_line(note)[:MAX_NOTE_CHARACTERS])
    return _version(app, template.language, number)


@requires(Permission.REVIEW)
def make_default(app: Application, language: str, number: int) -> None:
    """Ask for this language's courses with this version from now on; running jobs keep theirs.

    Raises CourseLiftError when there is no such version.
    """
    _version(app, language, number)
    if number != _default_number(app, language):
        app.prompts.choose(language, number, author(read_settings(app).actor))


def previous_default(app: Application, language: str) -> int | None:
    """The version that was the default before the present one; None when there was no other."""
    chosen = [choice.version for choice in app.prompts.choices(language)]
    return next((number for number in (*chosen[1:], 0) if number != chosen[0]), None) if chosen else None


def roll_back(app: Application, language: str) -> int:
    """Make the version the default that was it before; returns its number.

    Raises CourseLiftError when there was no other.
    """
    number = previous_default(app, language)
    if number is None:
        raise CourseLiftError("prompts.nothing_before")
    make_default(app, language, number)
    return number


def _default_number(app: Application, language: str) -> int:
    choices = app.prompts.choices(language)
    return choices[0].version if choices else 0


def _version(app: Application, language: str, number: int) -> PromptVersion:
    found = next((it for it in prompt_versions(app, language) if it.number == number), None)
    if found is None:
        raise CourseLiftError("prompts.no_version", number=number)
    return found


def _check(template: PromptTemplate) -> None:
    for problem in prompt_problems(template):
        raise CourseLiftError(problem.key, **problem.params)
