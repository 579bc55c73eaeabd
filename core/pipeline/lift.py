"""Lift: do generated descriptions help to find courses? Measured in the background on courses that have human ones."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.access.actor import requires
from core.access.roles import Permission
from core.embedding.texts import course_text
from core.enhancement.triage import triage
from core.errors import JobError
from core.evaluation.hiding import without_giveaways
from core.evaluation.lift import MIN_COURSES, LiftText, LiftVerdict
from core.evaluation.ranking import Interval
from core.jobs.outputs import MEASURE_ITEM
from core.jobs.spec import WorkItem
from core.models.languages import can_write
from core.models.references import resolve
from core.pipeline.application import Application
from core.pipeline.embedding import embedding_means, own_description
from core.pipeline.enhancement import EnhancementOptions, enhancement_spec
from core.pipeline.triage import read_thresholds
from core.records import Course, DescriptionStatus, Job, JobKind, Message

DEFAULT_COURSES = 200
MAX_COURSES = 1000
_KIND = JobKind.LIFT.value
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class LiftPlan:
    """What a measurement would use."""

    courses: tuple[Course, ...]  # the sample, their own descriptions taken away
    hidden: Mapping[str, str]  # their descriptions by course key, without what gives a course away
    others: tuple[str, ...]  # what stands for every other course
    candidates: int  # courses that the sample was drawn from


@dataclass(frozen=True, slots=True)
class LiftFigures:
    """One text in one group of courses."""

    group: str  # "all", "language" or "department"
    name: str
    text: LiftText
    reciprocal_rank: Interval
    recall: Interval
    difference: Interval | None
    verdict: LiftVerdict | None


@dataclass(frozen=True, slots=True)
class LiftView:
    """A stored measurement."""

    lift_id: str
    made_at: datetime
    verdict: LiftVerdict
    strongest: LiftText
    difference: Interval  # generated text less the strongest simple one, reciprocal rank
    gain: Interval  # generated text less title and department, which are embedded otherwise
    figures: tuple[LiftFigures, ...]  # all courses first
    about: Mapping[str, Any]  # everything that defines it

    @property
    def reason(self) -> Message:
        """The verdict in words, with its figures."""
        means = {each.text: each.reciprocal_rank.mean for each in self.figures if each.group == "all"}
        figures = {
            "generated": f"{means[LiftText.GENERATED]:.3f}",
            "simple": f"{means[self.strongest]:.3f}",
            "difference": f"{self.difference.mean:+.3f}",
            "low": f"{self.difference.low:+.3f}",
            "high": f"{self.difference.high:+.3f}",
        }
        text = Message(f"lift.text.{self.strongest}")
        return Message(f"lift.reason.{self.verdict}", {"courses": self.about["courses"], "text": text, **figures})


def plan_lift(
    app: Application,
    catalog_id: str,
    *,
    courses: int = DEFAULT_COURSES,
    seed: int = 0,
    options: EnhancementOptions | None = None,
) -> LiftPlan:
    """Which courses a measurement would hide, drawn by `seed` from those with a sufficient description of their own.

    Left out: descriptions that several courses share, and languages that the model cannot write.
    """
    thresholds, everything = read_thresholds(app), app.catalogs.courses(catalog_id)
    texts = {course.course_key: without_giveaways(own_description(course)) for course in everything}
    shared = Counter(texts.values())
    folder = resolve(enhancement_spec(app, catalog_id, (), options).model_ref, app.config)
    languages = {course.language for course in everything}
    writable = {name: bool(can_write(folder, name or "en")) for name in languages}
    candidates = [
        course
        for course in everything
        if writable[course.language]
        and shared[text := texts[course.course_key]] == 1
        and triage(replace(course, description=text), thresholds).status is DescriptionStatus.SUFFICIENT
    ]
    chosen = random.Random(seed).sample(candidates, min(courses, len(candidates)))  # noqa: S311 (a sample, no secret)
    keys = {course.course_key for course in chosen}
    others = [course_text(it, texts[it.course_key]) for it in everything if it.course_key not in keys]
    return LiftPlan(
        courses=tuple(_hide(course) for course in chosen),
        hidden={key: texts[key] for key in keys},
        others=tuple(others),
        candidates=len(candidates),
    )


@requires(Permission.RUN)
def start_lift(
    app: Application,
    catalog_id: str,
    *,
    courses: int = DEFAULT_COURSES,
    seed: int = 0,
    options: EnhancementOptions | None = None,
) -> Job:
    """Measure in the background; a measurement of the catalog that is under way is returned instead.

    Raises JobError when too few courses have a description, ModelError when a model is not installed.
    """
    embedding = embedding_means(app)
    plan = plan_lift(app, catalog_id, courses=courses, seed=seed, options=options)
    if len(plan.courses) < MIN_COURSES:
        raise JobError("lift.too_few", count=len(plan.courses), minimum=MIN_COURSES)
    spec = enhancement_spec(app, catalog_id, plan.courses, options)
    request = {
        "hidden": dict(plan.hidden),
        "others": list(plan.others),
        "embedding": embedding,
        "sample": {"asked": courses, "chosen": len(plan.courses), "candidates": plan.candidates},
        "seed": seed,
    }
    items = (*spec.items, WorkItem(MEASURE_ITEM, _digest(request), request=request))
    return app.job_service.start(replace(spec, kind=JobKind.LIFT, items=items))


def latest_lift(app: Application, catalog_id: str) -> LiftView | None:
    """The newest measurement of a catalog; None before the first."""
    return next(iter(list_lifts(app, catalog_id)), None)


def list_lifts(app: Application, catalog_id: str) -> tuple[LiftView, ...]:
    """Every measurement of a catalog, newest first."""
    runs = app.measurements.list(_KIND, _ALL)
    return tuple(
        LiftView(
            lift_id=run.run_id,
            made_at=run.created_at,
            verdict=LiftVerdict(run.machine["verdict"]),
            strongest=LiftText(run.machine["strongest"]),
            difference=Interval(**run.machine["difference"]),
            gain=Interval(**run.machine["gain"]),
            figures=tuple(_figures(row) for row in run.rows),
            about=run.machine,
        )
        for run in runs
        if run.machine["catalog_id"] == catalog_id
    )


def _hide(course: Course) -> Course:
    """The course as if nobody had described it; its hash says so."""
    bare = replace(course, description="", description_raw="", prerequisites="", extra={})
    known = [bare.title, bare.title_en, bare.department, bare.category, bare.level, bare.credits, bare.language]
    return replace(bare, content_hash=_digest(known))


def _digest(value: Mapping[str, Any] | Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _figures(row: Mapping[str, Any]) -> LiftFigures:
    return LiftFigures(
        group=row["group"],
        name=row["name"],
        text=LiftText(row["text"]),
        reciprocal_rank=Interval(**row["reciprocal_rank"]),
        recall=Interval(**row["recall"]),
        difference=None if row["difference"] is None else Interval(**row["difference"]),
        verdict=None if row["verdict"] is None else LiftVerdict(row["verdict"]),
    )
