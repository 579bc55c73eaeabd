"""Whose turn it is: jobs of one kind for one catalog are at work one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from core.records import Job, JobStatus


def is_rival(other: Job, job: Job) -> bool:
    """Whether two jobs must not be at work together."""
    return other.job_id != job.job_id and (other.catalog_id, other.kind) == (job.catalog_id, job.kind)


def waits(job: Job, active: Sequence[Job]) -> bool:
    """Whether a job has to wait for one that was there before it.

    Which of them have begun says that by itself: the clock may have been set back meanwhile.
    """
    return job.status is JobStatus.QUEUED and any(
        is_rival(other, job) and (other.status is not JobStatus.QUEUED or other.created_at < job.created_at)
        for other in active
    )
