"""The states and kinds that records are in; their values are what is stored."""

from __future__ import annotations

from enum import StrEnum


class DescriptionStatus(StrEnum):
    """Why a course does or does not need enhancement."""

    MISSING = "missing"  # nothing, or only signs that mean nothing ("-", "TBA")
    COPIES_TITLE = "copies_title"  # the title again, perhaps with filler words
    TOO_SHORT = "too_short"  # below the threshold of its language
    SUFFICIENT = "sufficient"  # needs no enhancement


class CourseKind(StrEnum):
    """What a catalog row offers."""

    COURSE = "course"  # 교과: carries credit in a curriculum
    ACTIVITY = "activity"  # 비교과: extracurricular


class ReviewState(StrEnum):
    """What people decided about an enhancement."""

    DRAFT = "draft"  # written by the model, not yet judged
    APPROVED = "approved"  # published as the model wrote it
    EDITED = "edited"  # published as a person rewrote it
    REJECTED = "rejected"  # not to be used
    STALE = "stale"  # was approved or edited, then its source changed

    @property
    def is_published(self) -> bool:
        """Whether the text may reach embeddings and recommendations."""
        return self in (ReviewState.APPROVED, ReviewState.EDITED)


class Severity(StrEnum):
    """How much a finding weighs."""

    HARD = "hard"  # never approved in bulk
    SOFT = "soft"  # worth a look
    NOTE = "note"  # for information


class JobKind(StrEnum):
    """What a job does for each of its items."""

    ENHANCE = "enhance"  # write descriptions
    EMBED = "embed"  # turn texts into vectors
    LIFT = "lift"  # measure whether descriptions help to find their courses


class JobStatus(StrEnum):
    """Where a job stands. A job that is not finished and has no living worker can be resumed."""

    QUEUED = "queued"  # written down, no worker yet
    RUNNING = "running"  # a worker holds the journal's lock
    PAUSED = "paused"  # stopped on request or by a lost worker; can go on
    SUCCEEDED = "succeeded"  # every item is done, failed or set aside
    FAILED = "failed"  # cannot go on; the reason is stored
    CANCELLED = "cancelled"  # stopped for good on request; finished items are kept

    @property
    def is_final(self) -> bool:
        """Whether the job has ended for good."""
        return self in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


class ItemState(StrEnum):
    """Where one item of a job stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"  # the engine said why; can be retried
    SET_ASIDE = "set_aside"  # killed its worker too often; left out


class FinishReason(StrEnum):
    """Why a generation ended."""

    STOP = "stop"  # the model ended its text
    LENGTH = "length"  # the token limit cut it
    CANCELLED = "cancelled"
