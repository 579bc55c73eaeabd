"""Enhancement of many courses: choose a scope, see what it costs, try it, start it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from core.access.actor import requires
from core.access.roles import Permission
from core.enhancement.prompts import Prompts
from core.errors import JobError
from core.generation.engine import GenerationSettings
from core.jobs.spec import JobSpec
from core.measurement.forecast import Forecast, forecast
from core.measurement.hardware import get_device
from core.models.languages import FAKE_PREFIX, can_write
from core.models.references import resolve
from core.pipeline.application import Application
from core.pipeline.engine_choice import choose_engine
from core.pipeline.enhancement_job import Means, as_text, in_short, job_spec
from core.pipeline.prompts import current_prompts
from core.pipeline.settings import check_generation, read_settings
from core.pipeline.triage import TriagedCourse, read_triage
from core.records import Course, DescriptionStatus, Enhancement, Job, JobKind, JobStatus, Message

MAX_TRIAL_COURSES = 5
INSUFFICIENT = frozenset(DescriptionStatus) - {DescriptionStatus.SUFFICIENT}
_PREVIEWS = 3
_ANY_STATUS = frozenset(DescriptionStatus)


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

    engine: str | None = None  # one of core.pipeline.settings.ENGINES
    model_ref: str | None = None
    precision: str | None = None  # one of core.pipeline.settings.PRECISIONS
    settings: GenerationSettings | None = None
    prompts: Prompts | None = None  # by language; other prompts than the default ones, to try them


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
    already_written: int  # courses in the scope that have a draft or a decision for their present source: left alone
    engine: str
    fallback_engine: str  # see JobSpec
    engine_reason: Message
    model_ref: str
    precision: str
    precision_reason: Message
    device: str
    threads: int  # to compute with; 0 for as many as there are cores
    settings: GenerationSettings
    forecast: Forecast | None  # None until this machine has written with these settings
    prompts: Prompts = field(repr=False)
    previews: tuple[str, ...] = field(default=(), repr=False)  # the prompts of the first courses, as text

    @property
    def refused_by_reason(self) -> tuple[tuple[Message, int], ...]:
        """Each reason once, with the number of courses it holds back, most first."""
        reasons = {repr(refused.reason): refused.reason for refused in self.refused}
        counts = Counter(repr(refused.reason) for refused in self.refused)
        return tuple((reasons[identity], count) for identity, count in counts.most_common())


def plan_enhancement(
    app: Application, catalog_id: str, scope: EnhancementScope | None = None, options: EnhancementOptions | None = None
) -> EnhancementPlan:
    """Which courses a run would write, find in the cache or refuse, with which model, and how long it may take.

    Raises ModelError when the model is not there, CourseLiftError for settings out of range.
    """
    scope = scope or EnhancementScope()
    means = _choose_means(app, options or EnhancementOptions())
    wanted = [item.course for item in read_triage(app, catalog_id).courses if _is_in_scope(item, scope)]
    fresh = wanted if scope.redo_decided else _without_current_text(app, catalog_id, wanted)
    verdicts = {language: can_write(means.folder, language) for language in {_language(course) for course in fresh}}
    refused = [
        RefusedCourse(course, verdict.note or Message("pipeline.refused"))
        for course in fresh
        if not (verdict := verdicts[_language(course)])
    ]
    writable = [course for course in fresh if verdicts[_language(course)]][: scope.limit]
    cached = set(_find_cached(app, job_spec(catalog_id, means, writable)))
    todo = tuple(course for course in writable if course.course_key not in cached)
    return EnhancementPlan(
        catalog_id=catalog_id,
        courses=todo,
        cached=tuple(course for course in writable if course.course_key in cached),
        refused=tuple(refused),
        already_written=len(wanted) - len(fresh),
        engine=means.engine,
        fallback_engine=means.fallback_engine,
        engine_reason=means.engine_reason,
        model_ref=means.model_ref,
        precision=means.precision,
        precision_reason=means.precision_reason,
        device=means.device,
        threads=means.threads,
        settings=means.settings,
        forecast=_forecast(app, means, len(todo)),
        prompts=means.prompts,
        previews=tuple(as_text(course, means.prompts) for course in todo[:_PREVIEWS]),
    )


@requires(Permission.RUN)
def start_enhancement(app: Application, plan: EnhancementPlan, *, may_wait: bool = False) -> Job:
    """Start the planned run in the background; a run of the catalog that is already active is returned instead.

    With `may_wait` the run begins after those that are active.
    Raises JobError when there is nothing to write, ModelError when the model is not there.
    """
    courses = (*plan.cached, *plan.courses)
    if not courses:
        raise JobError("pipeline.error.nothing_to_write")
    means = Means(
        engine=plan.engine,
        fallback_engine=plan.fallback_engine,
        engine_reason=plan.engine_reason,
        model_ref=plan.model_ref,
        folder=resolve(plan.model_ref, app.config),
        precision=plan.precision,
        precision_reason=plan.precision_reason,
        device=plan.device,
        threads=plan.threads,
        settings=plan.settings,
        prompts=plan.prompts,
    )
    spec = job_spec(plan.catalog_id, means, courses, in_short(app.catalogs.courses(plan.catalog_id)))
    job = app.job_service.start(spec, _find_cached(app, spec), may_wait=may_wait)
    if job.job_id == spec.job_id and plan.forecast is not None:
        app.settings.set(forecast_setting(job.job_id), asdict(plan.forecast))
    return job


def enhancement_spec(
    app: Application, catalog_id: str, courses: Sequence[Course], options: EnhancementOptions | None = None
) -> JobSpec:
    """The job that would write about these courses as they are given, whatever is written already. Starts nothing.

    Raises ModelError when the model is not there, CourseLiftError for settings out of range.
    """
    return job_spec(catalog_id, _choose_means(app, options or EnhancementOptions()), courses)


@requires(Permission.RUN)
def try_on(
    app: Application,
    catalog_id: str,
    course_keys: Sequence[str],
    options: EnhancementOptions | None = None,
    *,
    may_wait: bool = False,
) -> Job:
    """Write up to five courses now, as a small job; its drafts are drafts like any others.

    With `may_wait` they are written after the runs of the catalog that are active.
    Raises JobError for more than `MAX_TRIAL_COURSES` courses or none that can be written.
    """
    if len(course_keys) > MAX_TRIAL_COURSES:
        raise JobError("pipeline.error.too_many_trials", maximum=MAX_TRIAL_COURSES)
    scope = EnhancementScope(_ANY_STATUS, course_keys=frozenset(course_keys), redo_decided=True)
    plan = plan_enhancement(app, catalog_id, scope, options)
    if not plan.courses and not plan.cached and plan.refused:
        raise JobError("pipeline.error.all_refused", reason=plan.refused[0].reason)
    return start_enhancement(app, plan, may_wait=may_wait)


def forecast_setting(job_id: str) -> str:
    """The settings key under which a job's forecast is kept, to compare it with what came."""
    return f"forecast.{job_id}"


def _choose_means(app: Application, options: EnhancementOptions) -> Means:
    chosen = read_settings(app)
    model_ref = options.model_ref or chosen.generation_model
    engine = options.engine or chosen.engine
    if engine == "fake" and not model_ref.startswith(FAKE_PREFIX):
        model_ref = FAKE_PREFIX
    settings = options.settings or chosen.generation
    check_generation(settings)
    folder, device = resolve(model_ref, app.config), get_device()
    choice = choose_engine(app, model_ref, folder, device, engine, options.precision or chosen.precision)
    return Means(
        engine=choice.engine,
        fallback_engine=choice.fallback_engine,
        engine_reason=choice.engine_reason,
        model_ref=model_ref,
        folder=folder,
        precision=choice.precision,
        precision_reason=choice.precision_reason,
        device=device,
        threads=choice.threads,
        settings=replace(settings, batch_size=settings.batch_size or choice.batch_size),
        prompts=options.prompts or current_prompts(app),
    )


def _is_in_scope(item: TriagedCourse, scope: EnhancementScope) -> bool:
    course, wanted = item.course, scope.search.strip().casefold()
    return (
        item.triage.status in scope.statuses
        and (not scope.departments or course.department in scope.departments)
        and (not scope.course_keys or course.course_key in scope.course_keys)
        and (not wanted or wanted in f"{course.code} {course.title} {course.title_en}".casefold())
    )


def _without_current_text(app: Application, catalog_id: str, courses: Sequence[Course]) -> list[Course]:
    """Courses that have no draft and no decision for their present source."""
    written = app.enhancements.latest(catalog_id)
    return [course for course in courses if not _is_current(course, written.get(course.course_key))]


def _is_current(course: Course, enhancement: Enhancement | None) -> bool:
    return enhancement is not None and enhancement.source_hash == course.content_hash


def _language(course: Course) -> str:
    return course.language or "en"


def _find_cached(app: Application, spec: JobSpec) -> dict[str, Enhancement]:
    """Texts made before from the same source with the same model and settings, by course key."""
    keys = {item.key: spec.cache_key(item.input_hash) for item in spec.items}
    found = app.enhancements.find_cached(list(keys.values()))
    return {course_key: found[cache_key] for course_key, cache_key in keys.items() if cache_key in found}


def _forecast(app: Application, means: Means, courses: int) -> Forecast | None:
    """From an earlier run with the same model and settings on this machine, loading the model once included."""
    job_id, samples = _earlier_run(app, means, min(courses, means.settings.batch_size))
    found = forecast(samples, courses, means.settings.batch_size, from_earlier_run=True)
    if found is None:
        return None
    loading = sum(part.seconds / part.count for part in app.jobs.timings(job_id) if part.name == "load_model")
    return Forecast(found.seconds + loading, found.low + loading, found.high + loading)


def _earlier_run(app: Application, means: Means, side_by_side: int) -> tuple[str, list[float]]:
    """The newest run that wrote so many texts side by side, else the longest: its id, and seconds by text.

    A text that is written alone takes many times the share of one among many.
    """
    longest: tuple[str, list[float]] = "", []
    for job in app.jobs.list(kind=JobKind.ENHANCE):
        if job.done and job.status is not JobStatus.QUEUED and _is_alike(job, means):
            samples = [sample.seconds for sample in app.jobs.samples(job.job_id) if sample.seconds > 0]
            if len(samples) > len(longest[1]):
                longest = job.job_id, samples
            if len(samples) >= max(1, side_by_side):
                return job.job_id, samples
    return longest


def _is_alike(job: Job, means: Means) -> bool:
    spec = job.spec
    same = {"engine": means.engine, "model_ref": means.model_ref, "precision": means.precision}
    return all(spec.get(name) == value for name, value in same.items()) and (
        replace(GenerationSettings.from_mapping(spec.get("settings", {})), seed=0) == replace(means.settings, seed=0)
    )
