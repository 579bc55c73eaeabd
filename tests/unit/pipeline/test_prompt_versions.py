"""Prompts are kept by version; one of them is in use, and there is a way back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.access.actor import Actor, acting_as
from core.access.roles import Role
from core.enhancement.builtin_prompts import BUILT_IN, ENGLISH, KOREAN
from core.errors import AccessError, CourseLiftError
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement, try_on
from core.pipeline.prompts import (
    current_prompts,
    default_prompt,
    make_default,
    preview,
    previous_default,
    prompt_versions,
    prompts_to_try,
    roll_back,
    save_prompt,
)

CHANGED = replace(ENGLISH, request=ENGLISH.request.replace("two or three", "two"))
OTHER = replace(ENGLISH, system="You write plainly.")
FAKE = EnhancementOptions(engine="fake")


def test_the_built_in_prompt_is_version_0_and_in_use(app: Application) -> None:
    (only,) = prompt_versions(app, "en")
    assert (only.number, only.is_default, only.template) == (0, True, ENGLISH)
    assert current_prompts(app) == BUILT_IN
    assert previous_default(app, "en") is None


def test_saving_makes_a_version_that_is_not_yet_in_use(app: Application) -> None:
    saved = save_prompt(app, CHANGED, note=" shorter ")
    assert (saved.number, saved.is_default, saved.note) == (1, False, "shorter")
    assert saved.author
    assert saved.created_at is not None
    assert saved.template == replace(CHANGED, name="v1")
    assert default_prompt(app, "en").number == 0
    assert save_prompt(app, OTHER).number == 2
    assert save_prompt(app, replace(KOREAN, system="간결하게 씁니다.")).number == 1
    assert [version.number for version in prompt_versions(app, "en")] == [2, 1, 0]


def test_the_same_wording_is_not_saved_twice(app: Application) -> None:
    save_prompt(app, CHANGED)
    for same in (CHANGED, ENGLISH):
        with pytest.raises(CourseLiftError):
            save_prompt(app, same)


def test_a_version_is_put_to_use_and_taken_back(app: Application) -> None:
    save_prompt(app, CHANGED)
    save_prompt(app, OTHER)
    make_default(app, "en", 1)
    make_default(app, "en", 2)
    assert current_prompts(app) == {"en": replace(OTHER, name="v2"), "ko": KOREAN}
    assert roll_back(app, "en") == 1
    assert default_prompt(app, "en").number == 1
    make_default(app, "en", 0)
    assert current_prompts(app) == BUILT_IN
    assert [choice.version for choice in app.prompts.choices("en")] == [0, 1, 2, 1]


def test_what_cannot_be_used_is_refused(app: Application) -> None:
    unfenced = replace(ENGLISH, request="{title}: {description}")
    for refused in (
        lambda: save_prompt(app, unfenced),
        lambda: prompts_to_try(app, unfenced),
        lambda: make_default(app, "en", 7),
        lambda: roll_back(app, "en"),
    ):
        with pytest.raises(CourseLiftError):
            refused()
    assert len(prompt_versions(app, "en")) == 1


def test_a_reader_cannot_change_prompts(app: Application) -> None:
    with acting_as(Actor("kim", Role.VIEWER, is_signed_in=True)), pytest.raises(AccessError):
        save_prompt(app, CHANGED)


def test_a_preview_is_exactly_what_a_job_sends(app: Application, catalog_id: str) -> None:
    save_prompt(app, CHANGED)
    make_default(app, "en", 1)
    plan = plan_enhancement(app, catalog_id, EnhancementScope(search="Optics"), FAKE)
    shown = preview(default_prompt(app, "en").template, plan.courses[0])
    assert plan.previews[0] == "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in shown)


def test_another_prompt_writes_again_what_the_cache_had(app: Application, catalog_id: str) -> None:
    scope = EnhancementScope(search="Optics", redo_decided=True)
    job = start_enhancement(app, plan_enhancement(app, catalog_id, scope, FAKE))
    app.job_service.wait(job.job_id, 30)
    assert len(plan_enhancement(app, catalog_id, scope, FAKE).cached) == 1
    save_prompt(app, CHANGED)
    make_default(app, "en", 1)
    assert len(plan_enhancement(app, catalog_id, scope, FAKE).courses) == 1
    roll_back(app, "en")
    assert len(plan_enhancement(app, catalog_id, scope, FAKE).cached) == 1


def test_an_unsaved_prompt_is_tried_and_each_text_says_so(app: Application, catalog_id: str) -> None:
    options = replace(FAKE, prompts=prompts_to_try(app, OTHER))
    job = try_on(app, catalog_id, ["PH1"], options)
    app.job_service.wait(job.job_id, 30)
    (draft,) = app.enhancements.of_job(job.job_id)
    assert draft.provenance.prompt_version == replace(OTHER, name="trial").version
    assert default_prompt(app, "en").number == 0
