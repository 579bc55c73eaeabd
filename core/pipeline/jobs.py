"""Running and finished jobs, for pages and command line: progress, control, the report afterwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.access.actor import requires
from core.access.roles import Permission
from core.enhancement.prompts import prompt_version
from core.jobs.job_progress import JobProgress
from core.jobs.spec import JobSpec, WorkItem
from core.measurement.monitor import summarise
from core.pipeline.application import Application
from core.pipeline.engine_choice import fell_back
from core.pipeline.enhancement import forecast_setting
from core.pipeline.prompts import current_prompts
from core.records import Course, Enhancement, ItemState, Job, JobKind, JobStatus, Message
from core.storage.journal_batch import ItemSample

_SPEED_WINDOW = 60.0  # seconds over which tokens/s of a point are counted
_LONGEST_WAIT = 60.0  # seconds for a model to load, for example; when an item is longer in coming, the job stood still


@dataclass(frozen=True, slots=True)
class TimingRow:
    """One measured part of a job, as the report's PerformanceMonitor printed it."""

    name: str  # for example "load_model", "generate"
    seconds: float
    share: float  # of the sum of all parts, 0 to 1
    count: int


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One finished item of a job, ready for charts."""

    finished_at: datetime
    elapsed_seconds: float  # since the job's first item began; without the time in which it stood still
    seconds_per_item: float
    new_tokens: int  # 0 for embedding
    tokens_per_second: float  # over the last minute of work
    rss_mib: float  # memory of the worker
    batch_size: int


@dataclass(frozen=True, slots=True)
class ForecastCheck:
    """What was forecast against what came."""

    forecast_seconds: float
    low_seconds: float
    high_seconds: float
    actual_seconds: float

    @property
    def was_within_range(self) -> bool:
        """Whether the run ended inside the forecast range."""
        return self.low_seconds <= self.actual_seconds <= self.high_seconds


@dataclass(frozen=True, slots=True)
class JobReport:
    """A job in numbers, while it runs and afterwards."""

    job: Job
    timings: tuple[TimingRow, ...]  # longest first
    series: tuple[SeriesPoint, ...]  # in time order
    seconds: float  # of work, first to last item; without the time in which it stood still
    new_tokens: int
    tokens_per_second: float
    courses_per_minute: float
    cached: int  # items that cost nothing
    forecast: ForecastCheck | None
    engine_note: Message | None  # why another engine than the planned one had to write


@dataclass(frozen=True, slots=True)
class WrittenCourse:
    """A course and the draft a job wrote for it."""

    course: Course
    enhancement: Enhancement


def list_jobs(
    app: Application, kind: JobKind | None = None, limit: int = 200, catalog_id: str | None = None
) -> tuple[Job, ...]:
    """The newest jobs first; each text that a reviewer has written again is one."""
    return tuple(app.jobs.list(limit, kind, catalog_id))


def active_job(app: Application, catalog_id: str, kind: JobKind) -> Job | None:
    """The catalog's job of this kind that is queued, running or paused; of several the one that others wait for."""
    active = [job for job in app.jobs.active() if job.catalog_id == catalog_id and job.kind is kind]
    return min(active, key=lambda job: (job.status is JobStatus.QUEUED, job.created_at), default=None)


def last_failure(app: Application, catalog_id: str, kind: JobKind) -> Message | None:
    """Why the catalog's newest job of this kind failed; None when it did not."""
    last = next(iter(list_jobs(app, kind, 1, catalog_id)), None)
    return last.error if last is not None and last.status is JobStatus.FAILED else None


def job_progress(app: Application, job_id: str) -> JobProgress:
    """Counts, speed and time left of a job, as fresh as its journal."""
    return app.job_service.progress(job_id)


def latest_drafts(app: Application, job_id: str, limit: int = 5) -> tuple[WrittenCourse, ...]:
    """The newest texts of a job, newest first."""
    written = app.enhancements.newest_of_job(job_id, limit)
    return tuple(WrittenCourse(app.catalogs.course(it.catalog_id, it.course_key), it) for it in written)


def job_report(app: Application, job_id: str) -> JobReport:
    """Timings with shares, series for charts, and the forecast beside the fact."""
    job = app.jobs.get(job_id)
    samples = worked_samples(app, job_id)
    series = _series(samples)
    seconds = series[-1].elapsed_seconds if series else 0.0
    tokens = sum(sample.new_tokens for sample in samples)
    return JobReport(
        job=job,
        timings=tuple(
            TimingRow(part.name, part.seconds, part.share, part.count) for part in summarise(app.jobs.timings(job_id))
        ),
        series=tuple(series),
        seconds=seconds,
        new_tokens=tokens,
        tokens_per_second=tokens / seconds if seconds else 0.0,
        courses_per_minute=60 * len(samples) / seconds if seconds else 0.0,
        cached=app.jobs.count_untried(job_id),
        forecast=_forecast_check(app, job, seconds),
        engine_note=fell_back(app, job),
    )


def worked_samples(app: Application, job_id: str) -> list[ItemSample]:
    """The items that a job worked for, in time order; what the cache gave took no time and is left out."""
    return [sample for sample in app.jobs.samples(job_id) if sample.seconds > 0]


@requires(Permission.RUN)
def pause_job(app: Application, job_id: str) -> None:
    """Ask the worker to stop after what it has in hand; the job can be resumed."""
    app.job_service.pause(job_id)


@requires(Permission.RUN)
def resume_job(app: Application, job_id: str) -> Job:
    """Go on with what is missing.

    Raises JobError naming what differs when the prompt, or courses that are not done, have changed since it began.
    """
    return app.job_service.resume(job_id, _as_of_today(app, job_id))


@requires(Permission.RUN)
def cancel_job(app: Application, job_id: str) -> None:
    """Stop for good; finished items are kept."""
    app.job_service.cancel(job_id)


@requires(Permission.RUN)
def retry_failed(app: Application, job_id: str) -> Job:
    """Try the failed and set-aside items of a job again.

    Raises JobError naming what differs when the prompt, or courses that are not done, have changed since it began.
    """
    return app.job_service.retry_failed(job_id, _as_of_today(app, job_id))


def _series(samples: Sequence[ItemSample]) -> list[SeriesPoint]:
    """Points in time order; the first item's own seconds are part of the elapsed time."""
    points: list[SeriesPoint] = []
    window: deque[tuple[float, int]] = deque()  # elapsed seconds and new tokens
    elapsed = 0.0
    for before, sample in zip([None, *samples], samples, strict=False):
        elapsed += _working_time(before, sample)
        window.append((elapsed, sample.new_tokens))
        while elapsed - window[0][0] > _SPEED_WINDOW:
            window.popleft()
        span = min(elapsed, _SPEED_WINDOW) or sample.seconds
        points.append(
            SeriesPoint(
                finished_at=sample.finished_at,
                elapsed_seconds=elapsed,
                seconds_per_item=sample.seconds,
                new_tokens=sample.new_tokens,
                tokens_per_second=sum(tokens for _, tokens in window) / span if span else 0.0,
                rss_mib=sample.rss_mib,
                batch_size=sample.batch_size,
            )
        )
    return points


def _working_time(before: ItemSample | None, sample: ItemSample) -> float:
    """Seconds of work from one item's end to the next one's: of a job that stood still, only those of the item."""
    own = sample.seconds * sample.batch_size
    gap = own if before is None else (sample.finished_at - before.finished_at).total_seconds()
    return gap if gap <= own + _LONGEST_WAIT else own


def _forecast_check(app: Application, job: Job, seconds: float) -> ForecastCheck | None:
    stored = app.settings.get(forecast_setting(job.job_id))
    if stored is None or not job.status.is_final or job.pending:
        return None
    return ForecastCheck(stored["seconds"], stored["low"], stored["high"], seconds)


def _as_of_today(app: Application, job_id: str) -> JobSpec | None:
    """What is left of the job with today's prompt and courses; None for jobs that read no courses."""
    spec = JobSpec.load(app.config.jobs_folder / job_id)
    if spec.kind is not JobKind.ENHANCE:
        return None
    courses = {course.course_key: course for course in app.catalogs.courses(spec.catalog_id)}
    present = [courses[item.key] for item in spec.items if item.key in courses]
    states = app.jobs.item_states(job_id)
    left = [course for course in present if states.get(course.course_key) is not ItemState.DONE]
    items = tuple(WorkItem(course.course_key, course.content_hash) for course in left)
    return replace(spec, prompt_version=prompt_version(present, current_prompts(app)), items=items)
