"""What this machine is and how fast its runs were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.measurement.hardware import MachineFacts, get_device, get_optimal_dtype, machine_facts
from core.measurement.monitor import summarise
from core.pipeline.application import Application
from core.pipeline.forecasts import ForecastOutcome, forecast_outcomes
from core.pipeline.jobs import TimingRow
from core.records import Job, JobKind, Message, Timing
from core.storage.journal_batch import JobWork

_MAX_RUNS = 50
_FAKE = "fake"
_LOADING = "pipeline.figure.load_model"
# The final figures of the report that this program follows: what, seconds, for how many items.
_REPORTED = (
    ("load_model", 3.0, 1),
    ("one_description", 1.18, 1),
    ("descriptions", 24 * 60.0, 1_200),
    ("embeddings", 40.0, 2_000),
    ("recommendations", 180.0, 5_000),
)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One finished run in the table of runs."""

    job: Job
    model: str
    engine: str
    precision: str
    items: int
    seconds: float
    seconds_per_item: float
    tokens_per_second: float  # 0 for embedding
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReportFigure:
    """One figure of the original report, beside which ours are shown."""

    name: Message
    reported_seconds: float
    measured_seconds: float | None  # of this installation, None when not measured
    items: int  # the figure is for so many items


@dataclass(frozen=True, slots=True)
class PerformanceView:
    """The whole page."""

    machine: MachineFacts
    device: str
    precision: str
    precision_reason: Message
    runs: tuple[RunRow, ...]  # newest first
    timings: tuple[TimingRow, ...]  # of all runs together
    figures: tuple[ReportFigure, ...]
    outcomes: tuple[ForecastOutcome, ...]  # newest job first


def performance_view(app: Application, catalog_id: str | None = None) -> PerformanceView:
    """Machine facts, runs, sums of measured parts, forecasts, and the report's figures beside ours."""
    device = get_device()
    machine = machine_facts()
    choice = get_optimal_dtype(device, machine)
    jobs = [job for job in app.jobs.list(_MAX_RUNS, catalog_id=catalog_id) if job.done]
    work = app.jobs.work()
    runs = tuple(_run_row(job, work.get(job.job_id)) for job in jobs)
    timings = [timing for job in jobs for timing in app.jobs.timings(job.job_id)]
    figures = _figures(app, runs, catalog_id)
    return PerformanceView(
        machine=machine,
        device=device,
        precision=choice.precision,
        precision_reason=choice.reason,
        runs=runs,
        timings=tuple(TimingRow(p.name, p.seconds, p.share, p.count) for p in summarise(_summed(timings))),
        figures=(*figures, _total(figures)),
        outcomes=tuple(forecast_outcomes(app, jobs)),
    )


def _run_row(job: Job, work: JobWork | None) -> RunRow:
    items, seconds, tokens = (0, 0.0, 0) if work is None else (work.items, work.seconds, work.new_tokens)
    return RunRow(
        job=job,
        model=str(job.spec.get("model_ref", "")),
        engine=str(job.spec.get("engine", "")),
        precision=str(job.spec.get("precision", "")),
        items=items,
        seconds=seconds,
        seconds_per_item=seconds / items if items else 0.0,
        tokens_per_second=tokens / seconds if seconds else 0.0,
        finished_at=job.finished_at,
    )


def _summed(timings: Sequence[Timing]) -> list[Timing]:
    seconds: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    for timing in timings:
        seconds[timing.name] += timing.seconds
        counts[timing.name] += timing.count
    return [Timing(name, seconds[name], counts[name]) for name in seconds]


def _figures(app: Application, runs: Sequence[RunRow], catalog_id: str | None) -> tuple[ReportFigure, ...]:
    measured = {
        "load_model": _seconds_to_load(app, runs),
        "one_description": _seconds_per_item(runs, JobKind.ENHANCE),
        "descriptions": _seconds_per_item(runs, JobKind.ENHANCE),
        "embeddings": _seconds_per_item(runs, JobKind.EMBED),
        "recommendations": _seconds_per_student(app, catalog_id),
    }
    return tuple(
        ReportFigure(Message(f"pipeline.figure.{name}"), reported, None if each is None else each * items, items)
        for name, reported, items in _REPORTED
        for each in (measured[name],)
    )


def _total(figures: Sequence[ReportFigure]) -> ReportFigure:
    """The whole pipeline once: all but the single description, which is among the many."""
    parts = [figure for figure in figures if figure.items != 1 or figure.name.key == _LOADING]
    measured = [part.measured_seconds for part in parts]
    known = [seconds for seconds in measured if seconds is not None]
    total = sum(known) if len(known) == len(measured) else None
    return ReportFigure(Message("performance.whole_pipeline"), sum(part.reported_seconds for part in parts), total, 1)


def _real(runs: Sequence[RunRow], kind: JobKind) -> RunRow | None:
    return next((run for run in runs if run.job.kind is kind and run.engine != _FAKE and run.items), None)


def _seconds_per_item(runs: Sequence[RunRow], kind: JobKind) -> float | None:
    run = _real(runs, kind)
    return None if run is None else run.seconds_per_item


def _seconds_to_load(app: Application, runs: Sequence[RunRow]) -> float | None:
    run = _real(runs, JobKind.ENHANCE)
    parts = [] if run is None else [it for it in app.jobs.timings(run.job.job_id) if it.name == "load_model"]
    return parts[0].seconds / parts[0].count if parts else None


def _seconds_per_student(app: Application, catalog_id: str | None) -> float | None:
    newest = app.recommendations.latest_run(catalog_id) if catalog_id else None
    return newest.seconds / newest.student_count if newest is not None and newest.student_count else None
