"""A prompt that cannot serve is refused with a sentence that says what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enhancement.builtin_prompts import BUILT_IN, ENGLISH
from core.enhancement.prompt_rules import MAX_CHARACTERS, MAX_EXAMPLES, prompt_problems
from core.enhancement.prompts import Example, PromptTemplate
from core.i18n import LANGUAGES, Translator

FENCED = "{title} <<< {description} >>>"
EXAMPLE = Example("Optics", "Physics", "Light is studied.")


def names(template: PromptTemplate) -> list[str]:
    return [problem.key.removeprefix("prompts.problem.") for problem in prompt_problems(template)]


@pytest.mark.parametrize("template", BUILT_IN.values(), ids=BUILT_IN)
def test_the_prompts_that_come_with_the_program_follow_the_rules(template: PromptTemplate) -> None:
    assert prompt_problems(template) == ()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"request": "Describe <<< {description} >>>"}, "missing"),
        ({"request": "Describe {title}."}, "missing"),
        ({"request": f"{FENCED} {{teacher}}"}, "unknown"),
        ({"request": "{title}: {description}"}, "not_fenced"),
        ({"request": f"{FENCED} {{description}}"}, "not_fenced"),
        ({"request": "{title} >>> {description} <<<"}, "not_fenced"),
        ({"system": " \n"}, "no_system"),
        ({"system": "You describe {title}."}, "not_shared"),
        ({"examples": (replace(EXAMPLE, description="About {department}."),)}, "not_shared"),
        ({"examples": (EXAMPLE,) * (MAX_EXAMPLES + 1)}, "many_examples"),
        ({"examples": (replace(EXAMPLE, description=""),)}, "half_example"),
        ({"system": "x" * MAX_CHARACTERS}, "too_long"),
        ({"examples": (replace(EXAMPLE, note="x" * MAX_CHARACTERS),)}, "too_long"),
    ],
)
def test_each_mistake_is_named(changes: dict[str, object], problem: str) -> None:
    template = replace(ENGLISH, **changes)  # type: ignore[arg-type]
    assert names(template) == [problem]
    for language in LANGUAGES:
        assert Translator(language).message(prompt_problems(template)[0])


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_wording_gets_a_verdict_that_can_be_read(system: str, request: str) -> None:
    for problem in prompt_problems(PromptTemplate("en", "v1", system, request)):
        assert all(Translator(language).message(problem) for language in LANGUAGES)
