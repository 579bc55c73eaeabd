"""Background runs and what they measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.records.message import Message
from core.records.states import JobKind, JobStatus


@dataclass(frozen=True, slots=True)
class Job:
    """One background run over many items."""

    job_id: str
    kind: JobKind
    catalog_id: str
    status: JobStatus
    spec: Mapping[str, Any]  # settings of the run; see core.jobs.spec
    settings_hash: str
    created_at: datetime
    total: int
    done: int = 0
    failed: int = 0
    set_aside: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    journal_position: int = 0  # bytes of the journal already stored
    error: Message | None = None

    @property
    def pending(self) -> int:
        """Items that nothing has been decided about yet."""
        return self.total - self.done - self.failed - self.set_aside


@dataclass(frozen=True, slots=True)
class Timing:
    """One measured part of a job, as the report's PerformanceMonitor names them."""

    name: str
    seconds: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a job measured, for the measurement store."""

    run_id: str
    kind: str
    rows: Sequence[Mapping[str, Any]]  # plain JSON values
    machine: Mapping[str, Any]  # the facts of the machine and everything else that defines the measurement
