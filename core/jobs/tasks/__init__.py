"""What the worker can do: one module a kind of job."""

from __future__ import annotations

from core.jobs.journal import Journal
from core.jobs.spec import JobSpec
from core.jobs.tasks.base import Made, NotMade, Task
from core.jobs.tasks.embed import EmbedTask
from core.jobs.tasks.enhance import EnhanceTask
from core.jobs.tasks.lift import LiftTask
from core.records import JobKind

__all__ = ["Made", "NotMade", "Task", "create_task"]


def create_task(spec: JobSpec, journal: Journal) -> Task:
    """The work of a job's kind, with nothing loaded yet; `journal` is the job's own."""
    match spec.kind:
        case JobKind.ENHANCE:
            return EnhanceTask(spec)
        case JobKind.EMBED:
            return EmbedTask(spec)
        case JobKind.LIFT:
            return LiftTask(spec, journal)
