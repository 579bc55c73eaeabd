"""The job that writes descriptions: with what, about which courses, asked how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.enhancement.prompts import Prompts, build_messages, prompt_version, template_for
from core.generation.engine import ChatMessage, GenerationSettings
from core.jobs.spec import JobSpec, WorkItem
from core.records import Course, JobKind, Message
from core.storage.conversion import new_id

_SHORT_CHARACTERS = 600  # of a description, for comparing


@dataclass(frozen=True, slots=True)
class Means:
    """With what a run writes."""

    engine: str
    fallback_engine: str
    engine_reason: Message
    model_ref: str
    folder: Path
    precision: str
    precision_reason: Message
    device: str
    threads: int
    settings: GenerationSettings
    prompts: Prompts


def job_spec(catalog_id: str, means: Means, courses: Sequence[Course], others: tuple[Course, ...] = ()) -> JobSpec:
    """The job that writes about `courses`; `others` are those that a text may be mixed up with."""
    return JobSpec(
        job_id=new_id(),
        kind=JobKind.ENHANCE,
        catalog_id=catalog_id,
        model_ref=means.model_ref,
        engine=means.engine,
        precision=means.precision,
        device=means.device,
        threads=means.threads,
        settings=means.settings.as_dict(),
        items=tuple(
            WorkItem(course.course_key, course.content_hash, chat=chat_about(course, means.prompts), course=course)
            for course in courses
        ),
        prompt_version=prompt_version(courses, means.prompts),
        fallback_engine=means.fallback_engine,
        others=others,
    )


def in_short(courses: Sequence[Course]) -> tuple[Course, ...]:
    """What the checks compare a text with, of each course of a catalog."""
    return tuple(
        Course(
            it.course_key,
            it.title,
            title_en=it.title_en,
            department=it.department,
            description=it.description[:_SHORT_CHARACTERS],
        )
        for it in courses
    )


def chat_about(course: Course, prompts: Prompts) -> tuple[ChatMessage, ...]:
    """What the model is told about one course."""
    return build_messages(course, template_for(course, prompts))


def as_text(course: Course, prompts: Prompts) -> str:
    """The same, to be read by people."""
    return "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in chat_about(course, prompts))
