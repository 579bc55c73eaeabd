"""What was foretold about finished jobs, against what really happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from core.pipeline.application import Application
from core.pipeline.enhancement import forecast_setting
from core.records import Job

_LOADING = "load_model"  # measured once for every time a worker began


@dataclass(frozen=True, slots=True)
class ForecastOutcome:
    """One forecast, kept when it was made, and the time that came of it."""

    job: Job
    after: int  # items done when it was made; 0: before the start, loading the model included
    remaining: int  # items it was about
    seconds: float
    low: float
    high: float
    actual_seconds: float
    was_interrupted: bool  # paused or restarted meanwhile: then the two cannot be compared

    @property
    def error(self) -> float:
        """How far off it was, as a share of the real time: above 0 when it foretold too much."""
        return (self.seconds - self.actual_seconds) / self.actual_seconds if self.actual_seconds else 0.0

    @property
    def was_within_range(self) -> bool:
        """Whether the real time lay in the range, which should hold it in 80 % of cases."""
        return self.low <= self.actual_seconds <= self.high


@dataclass(frozen=True, slots=True)
class ForecastRecord:
    """How well the forecasts of a kind did; interrupted jobs do not count."""

    count: int
    within: int  # forecasts whose range held the real time
    median_error: float  # without its sign, as a share of the real time


def forecast_outcomes(app: Application, jobs: Iterable[Job]) -> list[ForecastOutcome]:
    """The forecasts of finished jobs, in the order of the jobs: before the start, then while it ran."""
    outcomes, work = [], app.jobs.work()
    for job in jobs:
        if job.status.is_final and not job.pending and job.job_id in work:
            ended_at = work[job.job_id].last_finished_at
            found = _before(app, job, ended_at), _while_running(app, job, ended_at)
            outcomes += [outcome for outcome in found if outcome is not None]
    return outcomes


def record_of(outcomes: Sequence[ForecastOutcome]) -> ForecastRecord | None:
    """How well these forecasts did together; None when none can be judged."""
    judged = [outcome for outcome in outcomes if not outcome.was_interrupted]
    if not judged:
        return None
    within = sum(outcome.was_within_range for outcome in judged)
    return ForecastRecord(len(judged), within, median(abs(outcome.error) for outcome in judged))


def _before(app: Application, job: Job, ended_at: datetime) -> ForecastOutcome | None:
    stored = app.settings.get(forecast_setting(job.job_id))
    if stored is None or job.started_at is None:
        return None
    foretold = stored["seconds"], stored["low"], stored["high"]
    return _outcome(app, job, 0, job.total, foretold, (ended_at - job.started_at).total_seconds())


def _while_running(app: Application, job: Job, ended_at: datetime) -> ForecastOutcome | None:
    made = app.jobs.forecast(job.job_id)
    if made is None:
        return None
    foretold = made.seconds, made.low, made.high
    return _outcome(app, job, made.done, made.remaining, foretold, (ended_at - made.made_at).total_seconds())


def _outcome(
    app: Application, job: Job, after: int, remaining: int, foretold: tuple[float, float, float], actual: float
) -> ForecastOutcome:
    begun = sum(timing.count for timing in app.jobs.timings(job.job_id) if timing.name == _LOADING)
    return ForecastOutcome(job, after, remaining, *foretold, max(0.0, actual), was_interrupted=begun > 1)
