"""What this machine is and how fast its runs were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.pipeline.application import Application
from core.pipeline.jobs import TimingRow
from core.records import Job, Message

if TYPE_CHECKING:
    from core.measurement.hardware import MachineFacts


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


def performance_view(app: Application, catalog_id: str | None = None) -> PerformanceView:
    """Machine facts, runs, sums of measured parts and the report's figures beside ours."""
    raise NotImplementedError
