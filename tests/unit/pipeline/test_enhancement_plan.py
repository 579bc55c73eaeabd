from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import CourseLiftError, JobError, ModelError
from core.generation.engine import GenerationSettings
from core.generation.registry import default_batch_size
from core.pipeline.application import Application
from core.pipeline.course_editing import edit_course
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement, try_on
from core.pipeline.jobs import retry_failed
from core.pipeline.settings import Settings, change_settings, read_settings
from core.records import DescriptionStatus, ReviewState

FAKE = EnhancementOptions(engine="fake")


def keys(app: Application, catalog_id: str, scope: EnhancementScope) -> list[str]:
    return [course.course_key for course in plan_enhancement(app, catalog_id, scope, FAKE).courses]


def test_insufficient_courses_are_planned_in_catalog_order(app: Application, catalog_id: str) -> None:
    assert keys(app, catalog_id, EnhancementScope()) == ["MA2", "PH1", "PH2", "HI1", "HI2"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (EnhancementScope(statuses=frozenset({DescriptionStatus.TOO_SHORT})), ["PH2"]),
        (EnhancementScope(departments=frozenset({"Physics"})), ["PH1", "PH2"]),
        (EnhancementScope(search="acou"), ["PH2"]),
        (EnhancementScope(search="근대"), ["HI1"]),
        (EnhancementScope(course_keys=frozenset({"MA2", "HI2"})), ["MA2", "HI2"]),
        (EnhancementScope(departments=frozenset({"Physics"}), limit=1), ["PH1"]),
    ],
)
def test_conditions_narrow_the_scope(
    app: Application, catalog_id: str, scope: EnhancementScope, expected: list[str]
) -> None:
    assert keys(app, catalog_id, scope) == expected


def test_what_is_written_already_is_left_alone(app: Application, catalog_id: str, write) -> None:
    write("PH1")
    app.enhancements.decide([write("PH2").enhancement_id], ReviewState.EDITED, "kim", edited_text="A person's words.")
    plan = plan_enhancement(app, catalog_id, None, FAKE)
    assert plan.already_written == 2
    assert {course.course_key for course in plan.courses} == {"MA2", "HI1", "HI2"}
    redone = plan_enhancement(app, catalog_id, EnhancementScope(redo_decided=True), FAKE)
    assert len(redone.courses) == 5


def test_a_rejected_draft_is_written_again(app: Application, catalog_id: str, write) -> None:
    app.enhancements.decide([write("PH1").enhancement_id], ReviewState.REJECTED, "kim", "dull")
    assert "PH1" in keys(app, catalog_id, EnhancementScope())


@pytest.mark.parametrize(("edited", "is_refused"), [("PH1", True), ("PH2", False)])
def test_failed_courses_are_tried_again_unless_they_themselves_have_changed(
    app: Application, catalog_id: str, edited: str, is_refused: bool
) -> None:
    failing = replace(FAKE, model_ref="fake:fail_on=Optics")
    plan = plan_enhancement(app, catalog_id, EnhancementScope(course_keys=frozenset({"PH1", "PH2"})), failing)
    job = app.job_service.wait(start_enhancement(app, plan).job_id, 60)
    assert (job.done, job.failed) == (1, 1)
    edit_course(app, app.catalogs.course(catalog_id, edited), {"department": "Art"}, by="kim")
    if not is_refused:
        retry_failed(app, job.job_id)
        assert app.job_service.wait(job.job_id, 60).failed == 1
        return
    with pytest.raises(JobError) as caught:
        retry_failed(app, job.job_id)
    assert caught.value.message.key == "jobs.has_changed"
    assert app.jobs.get(job.job_id).status is job.status


@pytest.fixture
def english_model(app: Application, tmp_path: Path) -> str:
    folder = tmp_path / "english-only"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "README.md").write_text("---\nlanguage:\n- en\n---\n")
    return str(folder)


def test_courses_in_a_language_the_model_cannot_write_are_refused_with_the_reason(
    app: Application, catalog_id: str, english_model: str
) -> None:
    plan = plan_enhancement(app, catalog_id, None, EnhancementOptions("transformers", english_model))
    assert [refused.course.course_key for refused in plan.refused] == ["HI1"]
    ((reason, count),) = plan.refused_by_reason
    assert (reason.key, count) == ("models.cannot_write", 1)
    assert "HI1" not in {course.course_key for course in plan.courses}


def test_a_limit_counts_only_courses_that_can_be_written(app: Application, catalog_id: str, english_model: str) -> None:
    scope = EnhancementScope(course_keys=frozenset({"HI1", "HI2"}), limit=1)
    plan = plan_enhancement(app, catalog_id, scope, EnhancementOptions("transformers", english_model))
    assert [course.course_key for course in plan.courses] == ["HI2"]


def test_trying_a_course_that_is_refused_says_why(app: Application, catalog_id: str, english_model: str) -> None:
    with pytest.raises(JobError, match="english-only"):
        try_on(app, catalog_id, ["HI1"], EnhancementOptions("transformers", english_model))


def test_a_trial_takes_at_most_five_courses(app: Application, catalog_id: str) -> None:
    with pytest.raises(JobError, match="5"):
        try_on(app, catalog_id, ["1", "2", "3", "4", "5", "6"], FAKE)


def test_a_model_that_is_not_installed_is_a_sentence(app: Application, catalog_id: str) -> None:
    with pytest.raises(ModelError, match="SmolLM2"):
        plan_enhancement(app, catalog_id, None, EnhancementOptions("transformers"))


def test_nothing_to_write_is_a_sentence(app: Application, catalog_id: str) -> None:
    plan = plan_enhancement(app, catalog_id, EnhancementScope(search="no such course"), FAKE)
    with pytest.raises(JobError):
        start_enhancement(app, plan)


def test_options_overrule_the_settings(app: Application, catalog_id: str) -> None:
    generation = GenerationSettings(max_new_tokens=40)
    change_settings(app, Settings(engine="fake", precision="float32", generation=generation, actor="kim"))
    plan = plan_enhancement(app, catalog_id)
    assert (plan.engine, plan.precision, plan.settings) == ("fake", "float32", generation)
    other = plan_enhancement(app, catalog_id, None, EnhancementOptions(precision="bfloat16"))
    assert other.precision == "bfloat16"
    assert read_settings(app).actor == "kim"


def test_the_number_of_texts_side_by_side_suits_the_engine_unless_a_person_chose(
    app: Application, catalog_id: str
) -> None:
    automatic = plan_enhancement(app, catalog_id, None, EnhancementOptions(engine="fake"))
    assert automatic.settings.batch_size == default_batch_size("fake", "cpu")
    chosen = EnhancementOptions(engine="fake", settings=GenerationSettings(batch_size=3))
    assert plan_enhancement(app, catalog_id, None, chosen).settings.batch_size == 3


@pytest.mark.parametrize(
    "settings",
    [
        Settings(generation=GenerationSettings(temperature=9)),
        Settings(generation=GenerationSettings(max_new_tokens=0)),
        Settings(engine="abacus"),
        Settings(precision="int1"),
        Settings(generation_model="no/such/folder"),
    ],
)
def test_settings_out_of_range_are_refused_and_not_stored(app: Application, settings: Settings) -> None:
    with pytest.raises(CourseLiftError):
        change_settings(app, settings)
    assert read_settings(app) == Settings()


def test_the_prompt_can_be_seen_beforehand(app: Application, catalog_id: str) -> None:
    plan = plan_enhancement(app, catalog_id, EnhancementScope(search="Acoustics"), FAKE)
    (preview,) = plan.previews
    assert "Course title: Acoustics" in preview
    assert "Sound and rooms." in preview
    assert replace(plan).forecast is None
