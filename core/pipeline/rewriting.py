"""One course written again with other settings, while its text is reviewed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import JobError
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, try_on
from core.pipeline.jobs import active_job
from core.pipeline.prompts import PromptVersion, current_prompts, prompt_versions
from core.pipeline.settings import read_settings
from core.records import Course, Enhancement, Job, JobKind, JobStatus, Message

_FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class AgainSettings:
    """With what a course is written again."""

    temperature: float  # 0: the likeliest words
    seed: int
    max_new_tokens: int
    prompt: int  # number of the prompt's version in the language of the course


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Where writing one course again stands."""

    is_done: bool
    enhancement: Enhancement | None  # the new draft
    reason: Message | None  # why there is none


def first_settings(app: Application, course: Course, present: Enhancement) -> AgainSettings:
    """What to offer: as the settings page has it, with a seed that the present text does not come from."""
    chosen = read_settings(app).generation
    default = next(version for version in prompts_for(app, course) if version.is_default)
    temperature = chosen.temperature if chosen.do_sample else 0.0
    return AgainSettings(temperature, present.provenance.seed + 1, chosen.max_new_tokens, default.number)


def prompts_for(app: Application, course: Course) -> tuple[PromptVersion, ...]:
    """The versions of the prompt in the language of a course, newest first."""
    prompts = current_prompts(app)
    return prompt_versions(app, course.language if course.language in prompts else _FALLBACK_LANGUAGE)


def write_again(app: Application, course: Course, settings: AgainSettings) -> Job:
    """Write one course in a small job of its own; what comes is a draft, and the texts that are there stay.

    Raises JobError while another run writes for this catalog, CourseLiftError for settings out of range, ModelError
    when the model is not there.
    """
    if active_job(app, course.catalog_id, JobKind.ENHANCE) is not None:
        raise JobError("source.again_busy")
    generation = replace(
        read_settings(app).generation,
        do_sample=settings.temperature > 0,
        seed=settings.seed,
        max_new_tokens=settings.max_new_tokens,
    )
    if settings.temperature > 0:
        generation = replace(generation, temperature=settings.temperature)
    template = next(each.template for each in prompts_for(app, course) if each.number == settings.prompt)
    prompts = {**current_prompts(app), template.language: template}
    options = EnhancementOptions(settings=generation, prompts=prompts)
    return try_on(app, course.catalog_id, [course.course_key], options)


def rewriting(app: Application, job_id: str) -> Rewriting:
    """How far a job of `write_again` has come. Raises StorageError for an unknown job."""
    job = app.jobs.get(job_id)
    written = app.enhancements.of_job(job_id)
    if written:
        return Rewriting(True, written[-1], None)
    if job.status.is_final or job.status is JobStatus.PAUSED:
        errors = [item.error for item in app.jobs.items(job_id) if item.error is not None]
        return Rewriting(True, None, job.error or next(iter(errors), Message("source.again_no_reason")))
    return Rewriting(False, None, None)
