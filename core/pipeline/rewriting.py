"""One course written again with other settings, while its text is reviewed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, try_on
from core.pipeline.jobs import active_job
from core.pipeline.prompts import PromptVersion, current_prompts, prompt_versions
from core.pipeline.settings import read_settings
from core.records import Course, Enhancement, Job, JobKind, JobStatus, Message

LARGEST_SEED = 2**31 - 1  # that a person can give; a command may give any
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
    enhancement: Enhancement | None = None  # the new draft
    reason: Message | None = None  # why there is none
    before: Job | None = None  # the run that has to end first


def first_settings(app: Application, course: Course, present: Enhancement) -> AgainSettings:
    """What to offer: as the settings page has it, with a seed that the present text does not come from."""
    chosen = read_settings(app).generation
    default = next(version for version in prompts_for(app, course) if version.is_default)
    temperature = chosen.temperature if chosen.do_sample else 0.0
    seed = (present.provenance.seed + 1) % (LARGEST_SEED + 1)
    return AgainSettings(temperature, seed, chosen.max_new_tokens, default.number)


def prompts_for(app: Application, course: Course) -> tuple[PromptVersion, ...]:
    """The versions of the prompt in the language of a course, newest first."""
    prompts = current_prompts(app)
    return prompt_versions(app, course.language if course.language in prompts else _FALLBACK_LANGUAGE)


def write_again(app: Application, course: Course, settings: AgainSettings) -> Job:
    """Write one course in a small job of its own; what comes is a draft, and the texts that are there stay.

    While another run writes for this catalog, or is paused, the job waits until that run has ended.
    Raises CourseLiftError for settings out of range, ModelError when the model is not there.
    """
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
    return try_on(app, course.catalog_id, [course.course_key], options, may_wait=True)


def rewriting(app: Application, job_id: str) -> Rewriting:
    """How far a job of `write_again` has come. Raises StorageError for an unknown job."""
    job = app.jobs.get(job_id)
    written = app.enhancements.of_job(job_id)
    if written:
        return Rewriting(True, written[-1])
    if job.status.is_final or job.status is JobStatus.PAUSED:
        errors = [item.error for item in app.jobs.items(job_id) if item.error is not None]
        name = "source.again_taken_back" if job.status is JobStatus.CANCELLED else "source.again_no_reason"
        return Rewriting(True, reason=job.error or next(iter(errors), Message(name)))
    first = active_job(app, job.catalog_id, JobKind.ENHANCE)
    return Rewriting(False, before=first if first is not None and first.job_id != job_id else None)
