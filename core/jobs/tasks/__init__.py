"""What the worker can do: one module a kind of job."""

from __future__ import annotations

from core.jobs.spec import JobSpec
from core.jobs.tasks.base import Made, NotMade, Task
from core.jobs.tasks.embed import EmbedTask
from core.jobs.tasks.enhance import EnhanceTask
from core.records import JobKind

__all__ = ["Made", "NotMade", "Task", "create_task"]

_TASKS: dict[JobKind, type[EnhanceTask] | type[EmbedTask]] = {JobKind.ENHANCE: EnhanceTask, JobKind.EMBED: EmbedTask}


def create_task(spec: JobSpec) -> Task:
    """The work of a job's kind, with nothing loaded yet."""
    return _TASKS[spec.kind](spec)
