"""Where a job stands, for people who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from core.jobs.heartbeat import LOADING_PHASES, Heartbeat
from core.jobs.pace import Pace
from core.jobs.spec import JobSpec
from core.measurement.forecast import Forecast
from core.records import Job, JobStatus, Message

# With the embedded model about courses that need a description: a sampled text then took 1.37 times the tokens of a
# greedy one, which is never written again (benchmarks/results/generation.json).
SECOND_ATTEMPTS = 0.35
SILENT_SECONDS = 15.0  # without a sign of life a worker is shown as not responding


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A job in the numbers that pages show while it runs."""

    job: Job  # counts and status
    phase: Message  # what the worker is doing, or how the job stands when there is none
    label: str = ""  # the item in hand, as its course key
    is_alive: bool = False  # there is a worker
    is_responding: bool = True  # False after 15 s without a sign of life
    seconds_since_beat: float | None = None
    items_per_minute: float | None = None  # of this worker; None until it finished something
    tokens_per_second: float | None = None  # over the last half minute
    time_left: Forecast | None = None  # seconds with a range
    rss_mib: float | None = None  # memory of the worker
    refused_records: int = 0  # damaged journal records met since this process watches the job


def phase_of(job: Job, heartbeat: Heartbeat | None, is_alive: bool, stop_asked: bool) -> Message:
    """What is going on with a job, as a sentence."""
    if job.status is not JobStatus.RUNNING:
        return Message(f"jobs.phase.{job.status.value}")
    if stop_asked:
        return Message("jobs.phase.stopping")
    if not is_alive:
        return Message("jobs.phase.restarting" if job.pending else "jobs.phase.finishing")
    return Message(f"jobs.phase.{heartbeat.phase if heartbeat else 'starting'}")


def working_progress(job: Job, phase: Message, heartbeat: Heartbeat, *, pace: Pace, spec: JobSpec) -> JobProgress:
    """The progress of a job whose worker lives."""
    is_loading = heartbeat.phase in LOADING_PHASES
    has_rate = heartbeat.done > 0 and heartbeat.working_seconds > 0
    return JobProgress(
        job=job,
        phase=phase,
        label=heartbeat.label,
        is_alive=True,
        is_responding=is_loading or heartbeat.age < SILENT_SECONDS,
        seconds_since_beat=heartbeat.age,
        items_per_minute=60 * heartbeat.done / heartbeat.working_seconds if has_rate else None,
        tokens_per_second=heartbeat.tokens_per_second,
        time_left=time_left(pace, job, spec),
        rss_mib=heartbeat.rss_mib,
    )


def time_left(pace: Pace, job: Job, spec: JobSpec) -> Forecast | None:
    """How long the rest of a running job takes."""
    repeated = SECOND_ATTEMPTS if spec.settings.get("do_sample") else 0.0
    return pace.time_left(job.pending, int(spec.settings.get("batch_size", 1)), datetime.now(UTC), repeated)
