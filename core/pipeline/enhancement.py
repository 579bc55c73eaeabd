"""Enhancement of many courses: choose a scope, see what it costs, try it, start it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.pipeline.application import Application
from core.records import Course, DescriptionStatus, Job, Message

if TYPE_CHECKING:
    from core.generation.engine import GenerationSettings
    from core.measurement.forecast import Forecast

MAX_TRIAL_COURSES = 5
INSUFFICIENT = frozenset(DescriptionStatus) - {DescriptionStatus.SUFFICIENT}


@dataclass(frozen=True, slots=True)
class EnhancementScope:
    """Which courses to enhance. Conditions narrow each other; empty ones do not."""

    statuses: frozenset[DescriptionStatus] = INSUFFICIENT
    departments: frozenset[str] = frozenset()
    search: str = ""  # in code or title
    course_keys: frozenset[str] = frozenset()  # picked rows
    limit: int | None = None
    redo_decided: bool = False  # also courses that already have a draft or a decision; human text stays as it is


@dataclass(frozen=True, slots=True)
class EnhancementOptions:
    """How to write. None means: as the settings say."""

    engine: str | None = None  # "auto", "transformers", "fake"
    model_ref: str | None = None
    precision: str | None = None  # "auto", "float32", "bfloat16", "float16"
    settings: GenerationSettings | None = None


@dataclass(frozen=True, slots=True)
class RefusedCourse:
    """A course that will not be enhanced, and why."""

    course: Course
    reason: Message


@dataclass(frozen=True, slots=True)
class EnhancementPlan:
    """What a run would do, before it starts."""

    catalog_id: str
    courses: tuple[Course, ...]  # will be written, in catalog order
    cached: tuple[Course, ...]  # same text, model and settings as before: cost nothing
    refused: tuple[RefusedCourse, ...]
    engine: str
    model_ref: str
    precision: str
    precision_reason: Message
    device: str
    settings: GenerationSettings
    forecast: Forecast | None  # None until something was measured or estimated for this machine
    previews: tuple[str, ...] = field(default=(), repr=False)  # the prompts of the first courses, as text

    @property
    def refused_by_reason(self) -> tuple[tuple[Message, int], ...]:
        """Each reason once, with the number of courses it holds back, most first."""
        reasons: dict[str, Message] = {}
        counts: Counter[str] = Counter()
        for refused in self.refused:
            identity = f"{refused.reason.key}{sorted(refused.reason.params.items())}"
            reasons.setdefault(identity, refused.reason)
            counts[identity] += 1
        return tuple((reasons[identity], count) for identity, count in counts.most_common())


def plan_enhancement(
    app: Application, catalog_id: str, scope: EnhancementScope | None = None, options: EnhancementOptions | None = None
) -> EnhancementPlan:
    """Which courses a run would write, find in the cache or refuse, with which model, and how long it may take."""
    raise NotImplementedError


def start_enhancement(app: Application, plan: EnhancementPlan, *, name: str = "") -> Job:
    """Start the planned run in the background; an equal run that is already active is returned instead.

    Raises JobError when there is nothing to write and nothing cached, ModelError when the model is not installed.
    """
    raise NotImplementedError


def try_on(
    app: Application, catalog_id: str, course_keys: Sequence[str], options: EnhancementOptions | None = None
) -> Job:
    """Write up to five courses now, as a small job; its drafts are drafts like any others.

    Raises JobError for more than `MAX_TRIAL_COURSES` courses or none that can be written.
    """
    raise NotImplementedError
