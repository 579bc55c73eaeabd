"""Running and finished jobs, for pages and command line: progress, control, the report afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.pipeline.application import Application
from core.records import Course, Enhancement, ItemState, Job, JobKind

if TYPE_CHECKING:
    from core.jobs.service import JobProgress


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
    elapsed_seconds: float  # since the job's first item began
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
    item_states: Mapping[ItemState, int]  # every state present
    timings: tuple[TimingRow, ...]  # longest first
    series: tuple[SeriesPoint, ...]  # in time order
    seconds: float  # of work, first to last item
    new_tokens: int
    tokens_per_second: float
    courses_per_minute: float
    cached: int  # items that cost nothing
    forecast: ForecastCheck | None


@dataclass(frozen=True, slots=True)
class WrittenCourse:
    """A course and the draft a job wrote for it."""

    course: Course
    enhancement: Enhancement


def list_jobs(app: Application, kind: JobKind | None = None, limit: int = 50) -> tuple[Job, ...]:
    """The newest jobs first."""
    raise NotImplementedError


def active_job(app: Application, catalog_id: str, kind: JobKind) -> Job | None:
    """The catalog's job of this kind that is queued, running or paused."""
    raise NotImplementedError


def job_progress(app: Application, job_id: str) -> JobProgress:
    """Counts, speed and time left of a job, as fresh as its journal."""
    raise NotImplementedError


def latest_drafts(app: Application, job_id: str, limit: int = 5) -> tuple[WrittenCourse, ...]:
    """The newest texts of a job, newest first."""
    raise NotImplementedError


def job_report(app: Application, job_id: str) -> JobReport:
    """Timings with shares, series for charts, and the forecast beside the fact."""
    raise NotImplementedError


def pause_job(app: Application, job_id: str) -> None:
    """Ask the worker to stop after what it has in hand; the job can be resumed."""
    raise NotImplementedError


def resume_job(app: Application, job_id: str) -> None:
    """Go on with what is missing."""
    raise NotImplementedError


def cancel_job(app: Application, job_id: str) -> None:
    """Stop for good; finished items are kept."""
    raise NotImplementedError


def retry_failed(app: Application, job_id: str) -> None:
    """Try the failed and set-aside items of a job again."""
    raise NotImplementedError
