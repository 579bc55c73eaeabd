"""The records that every room shares: frozen dataclasses and their enums, no behaviour beyond properties."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

_DEPARTMENT_CODE = re.compile(r"[A-Z0-9&./-]{1,6}")


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


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence to be shown in the reader's language: a translation key and what fills its gaps."""

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalog:
    """A university's list of courses, kept up to date by one upload a term."""

    catalog_id: str
    name: str
    created_at: datetime
    course_count: int = 0  # active courses
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """One course or activity of a catalog, as its newest upload says it."""

    course_key: str  # identity within the catalog: the code, or a hash of title and department
    title: str
    code: str = ""
    title_en: str = ""
    department: str = ""
    category: str = ""
    level: str = ""
    credits: str = ""
    language: str = ""  # "ko", "en": the language a description should be in
    kind: CourseKind = CourseKind.COURSE
    description: str = ""  # cleaned for reading
    description_raw: str = ""  # exactly as it came
    prerequisites: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)  # every other column, as it came
    row_number: int = 0  # 1-based line or row in the uploaded file
    content_hash: str = ""  # SHA-256 over what enhancement and embedding read
    catalog_id: str = ""
    is_active: bool = True

    @property
    def department_name(self) -> str:
        """The department, but "" where it is only a code.

        A code tells a model nothing: it turns up in generated texts, and in the embedded text it halved the
        findability of a course with a title only (MRR 0.10 against 0.20, benchmarks/results/lift.json).
        """
        return "" if _DEPARTMENT_CODE.fullmatch(self.department.strip()) else self.department


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in an uploaded file, and what to do about it."""

    message: Message
    row_number: int | None = None  # 1-based; None when it concerns the whole file
    column: str = ""
    value: str = ""
    severity: Severity = Severity.SOFT


@dataclass(frozen=True, slots=True)
class Triage:
    """The verdict on one course's own description."""

    course_key: str
    status: DescriptionStatus
    reason: Message


@dataclass(frozen=True, slots=True)
class Student:
    """One person who receives recommendations. No name."""

    student_id: str  # a pseudonym; in what an upload brings, the university's number
    department: str = ""
    year: int | None = None
    interests: tuple[str, ...] = ()
    taken_course_keys: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    taken_on: tuple[str, ...] = ()  # a date (ISO 8601) for each taken course, "" unknown; empty: no dates at all


@dataclass(frozen=True, slots=True)
class Finding:
    """One automatic check's result about an enhancement."""

    check: str  # name of the check, for example "unknown_number"
    severity: Severity
    message: Message
    start: int = 0  # span in the text, in characters
    end: int = 0


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything needed to say how a text was made."""

    model: str
    engine: str
    precision: str
    device: str
    prompt_version: str
    settings: Mapping[str, Any]
    seed: int


@dataclass(frozen=True, slots=True)
class Enhancement:
    """One generated description of one course, with its history of making and judging."""

    enhancement_id: str
    catalog_id: str
    course_key: str
    job_id: str
    text: str  # what the model wrote, cut back to whole sentences; never changed
    provenance: Provenance
    source_hash: str  # Course.content_hash at the time of writing
    finish_reason: FinishReason
    prompt_tokens: int
    new_tokens: int
    seconds: float
    created_at: datetime
    state: ReviewState = ReviewState.DRAFT
    edited_text: str | None = None
    findings: tuple[Finding, ...] = ()
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""

    @property
    def published_text(self) -> str:
        """The text a reader gets: the edited one when there is one."""
        return self.text if self.edited_text is None else self.edited_text

    @property
    def has_hard_finding(self) -> bool:
        """Whether a check found something that must not be approved in bulk."""
        return any(finding.severity is Severity.HARD for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Release:
    """A named set of approved texts that was published. Its texts and what defines them are never changed."""

    release_id: str
    catalog_id: str
    name: str
    note: str
    created_at: datetime
    created_by: str
    embeds_generated: bool  # whether texts that nobody edited are embedded; edited ones always are
    lift: Mapping[str, Any]  # the measurement it stood on; empty when there was none
    text_count: int
    published_at: datetime  # last time: an earlier release can be published again
    published_by: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ReleasedText:
    """One course's text as a release holds it."""

    course_key: str
    enhancement_id: str
    state: ReviewState  # approved or edited, when it was published
    text: str
    text_hash: str  # SHA-256 of the text


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


@dataclass(frozen=True, slots=True)
class WeightSet:
    """A named, versioned set of recommender weights."""

    weight_set_id: str
    name: str
    version: int
    weights: Mapping[str, float]  # signal name -> weight, not necessarily summing to 1
    created_at: datetime
    author: str = ""
    note: str = ""
    is_published: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)  # see core.recommendation.options


@dataclass(frozen=True, slots=True)
class Contribution:
    """One addend of a score: effective weight times calibrated signal."""

    signal: str
    weight: float  # effective (normalised) weight
    value: float  # calibrated signal, 0 to 1
    evidence: str = ""  # for example the interest or department that matched best

    @property
    def amount(self) -> float:
        """What this signal adds to the score."""
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One ranked course of one student, explained by contributions that sum to the score."""

    student_id: str
    course_key: str
    rank: int  # 1-based
    score: float
    contributions: tuple[Contribution, ...]
