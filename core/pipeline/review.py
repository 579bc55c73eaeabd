"""Review of drafts: a queue in order of risk, one screen a course, decisions that can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.pipeline.application import Application
from core.records import Course, Enhancement, ReviewState, Severity, Triage


class Risk(StrEnum):
    """How much a draft needs a person's eyes."""

    HARD = "hard"  # has a hard finding: approved one by one only
    SOFT = "soft"  # has a soft finding
    NONE = "none"  # no check found anything


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One draft in the queue."""

    enhancement: Enhancement
    course: Course
    risk: Risk


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """Drafts to be judged, riskiest first."""

    items: tuple[QueueItem, ...]
    counts: Mapping[ReviewState, int]  # newest enhancement of each course by state, every state present
    risks: Mapping[Risk, int]  # of the items, every risk present
    departments: tuple[str, ...]  # that have items, in alphabetical order


@dataclass(frozen=True, slots=True)
class TextPart:
    """A run of a draft's text, for drawing."""

    text: str
    is_added: bool  # words that the source (title, department, description, ...) does not have
    severity: Severity | None  # of the worst finding about this run
    finding_indexes: tuple[int, ...] = ()  # into Enhancement.findings


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step in the life of a text."""

    at: datetime
    actor: str  # a person's name; "" for the model
    state: ReviewState
    previous_state: ReviewState | None
    reason: str
    decision_id: str | None  # to undo it; None for the writing itself


@dataclass(frozen=True, slots=True)
class ReviewScreen:
    """Everything about one course side by side."""

    course: Course
    triage: Triage | None
    enhancement: Enhancement
    parts: tuple[TextPart, ...]  # together exactly the published text
    others: tuple[Enhancement, ...]  # other texts of the same course, newest first
    history: tuple[HistoryEntry, ...]  # newest first


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What a bulk approval did."""

    decision_id: str | None  # None when nothing was approved
    approved: int
    held_back: int  # drafts with a hard finding, left for a person


def review_queue(
    app: Application,
    catalog_id: str,
    *,
    states: Sequence[ReviewState] = (ReviewState.DRAFT, ReviewState.STALE),
    risk: Risk | None = None,
    department: str | None = None,
    search: str = "",
    job_id: str | None = None,
) -> ReviewQueue:
    """Newest enhancement of each course in these states: hard findings first, then soft, then the rest."""
    raise NotImplementedError


def review_screen(app: Application, enhancement_id: str) -> ReviewScreen:
    """One draft beside its source, with the model's own words and the findings marked."""
    raise NotImplementedError


def approve(app: Application, enhancement_ids: Sequence[str], *, by: str, reason: str = "") -> str:
    """Publish texts as the model wrote them; returns the decision's id, for undoing."""
    raise NotImplementedError


def approve_passing(
    app: Application,
    catalog_id: str,
    *,
    by: str,
    job_id: str | None = None,
    enhancement_ids: Sequence[str] | None = None,
    except_ids: Sequence[str] = (),
) -> BulkResult:
    """Approve all drafts without a hard finding: of a catalog, of a job, or of a selection."""
    raise NotImplementedError


def edit(app: Application, enhancement_id: str, text: str, *, by: str, reason: str = "") -> str:
    """Publish a person's wording in place of the model's; returns the decision's id.

    Raises CourseLiftError when the text is empty.
    """
    raise NotImplementedError


def reject(app: Application, enhancement_ids: Sequence[str], *, by: str, reason: str) -> str:
    """Keep texts from being used; returns the decision's id."""
    raise NotImplementedError


def undo(app: Application, decision_id: str) -> None:
    """Put everything a decision changed back to what it was before."""
    raise NotImplementedError
