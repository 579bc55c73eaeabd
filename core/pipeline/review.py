"""Review of drafts: a queue in order of risk, one screen a course, decisions that can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from core.enhancement.wording import added_spans
from core.errors import CourseLiftError
from core.pipeline.application import Application
from core.records import Course, Enhancement, Finding, ReviewState, Severity, Triage


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
    counts: Mapping[
        ReviewState, int
    ]  # newest text of each course by state, and all rejected texts; every state present
    risks: Mapping[Risk, int]  # of the items, every risk present
    departments: tuple[str, ...]  # of all texts in these states, in alphabetical order


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
    """The newest text of each course if it is in these states: hard findings first, then soft, then the rest.

    With REJECTED among the states, all rejected texts are listed too.
    """
    courses = {course.course_key: course for course in app.catalogs.courses(catalog_id)}
    newest = list(app.enhancements.latest(catalog_id).values())
    rejected = app.enhancements.of_catalog(catalog_id, [ReviewState.REJECTED])
    counts = Counter(it.state for it in newest) + Counter({ReviewState.REJECTED: len(rejected)})
    listed = newest + (rejected if ReviewState.REJECTED in states else [])
    items = [
        QueueItem(it, courses[it.course_key], risk_of(it))
        for it in listed
        if it.state in states and it.course_key in courses and job_id in (None, it.job_id)
    ]
    queue = ReviewQueue(
        items=tuple(sorted(items, key=_urgency)),
        counts={state: counts[state] for state in ReviewState},
        risks={},
        departments=tuple(sorted({item.course.department for item in items})),
    )
    return narrow(queue, risk=risk, department=department, search=search)


def narrow(
    queue: ReviewQueue, *, risk: Risk | None = None, department: str | None = None, search: str = ""
) -> ReviewQueue:
    """The items of a queue that meet all conditions; its counts and departments stay."""
    wanted = search.strip().casefold()
    items = tuple(
        item
        for item in queue.items
        if risk in (None, item.risk)
        and department in (None, item.course.department)
        and wanted in f"{item.course.code} {item.course.title} {item.enhancement.published_text}".casefold()
    )
    risks = Counter(item.risk for item in items)
    return replace(queue, items=items, risks={each: risks[each] for each in Risk})


def review_screen(app: Application, enhancement_id: str) -> ReviewScreen:
    """One draft beside its source, with the model's own words and the findings marked."""
    enhancement = app.enhancements.get(enhancement_id)
    catalog_id, key = enhancement.catalog_id, enhancement.course_key
    course = app.catalogs.course(catalog_id, key)
    others = [it for it in app.enhancements.for_course(catalog_id, key) if it.enhancement_id != enhancement_id]
    return ReviewScreen(
        course=course,
        triage=app.catalogs.triage(catalog_id).get(key),
        enhancement=enhancement,
        parts=mark_text(course, enhancement),
        others=tuple(others),
        history=_history(app, enhancement),
    )


def approve(app: Application, enhancement_ids: Sequence[str], *, by: str, reason: str = "") -> str:
    """Publish texts as the model wrote them; returns the decision's id, for undoing."""
    return _decide(app, enhancement_ids, ReviewState.APPROVED, by, reason)


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
    chosen = app.enhancements.latest(catalog_id).values()
    left_out = set(except_ids)
    drafts = [
        it
        for it in chosen
        if it.state is ReviewState.DRAFT
        and job_id in (None, it.job_id)
        and (enhancement_ids is None or it.enhancement_id in enhancement_ids)
        and it.enhancement_id not in left_out
    ]
    passing = [it.enhancement_id for it in drafts if not it.has_hard_finding]
    decision_id = approve(app, passing, by=by) if passing else None
    return BulkResult(decision_id, len(passing), len(drafts) - len(passing))


def edit(app: Application, enhancement_id: str, text: str, *, by: str, reason: str = "") -> str:
    """Publish a person's wording in place of the model's; returns the decision's id.

    Raises CourseLiftError when the text is empty.
    """
    words = " ".join(text.split())
    if not words:
        raise CourseLiftError("pipeline.error.empty_text")
    return _decide(app, [enhancement_id], ReviewState.EDITED, by, reason, words)


def reject(app: Application, enhancement_ids: Sequence[str], *, by: str, reason: str) -> str:
    """Keep texts from being used; returns the decision's id."""
    return _decide(app, enhancement_ids, ReviewState.REJECTED, by, reason)


def undo(app: Application, decision_id: str, *, by: str = "") -> None:
    """Put everything a decision changed back to what it was before.

    Raises StorageError when something was decided about its texts since.
    """
    app.enhancements.undo(decision_id, by)
    app.mark_changed()


def risk_of(enhancement: Enhancement) -> Risk:
    """How much a text needs a person's eyes, by its worst finding."""
    if enhancement.has_hard_finding:
        return Risk.HARD
    is_soft = any(finding.severity is Severity.SOFT for finding in enhancement.findings)
    return Risk.SOFT if is_soft else Risk.NONE


def mark_text(course: Course, enhancement: Enhancement) -> tuple[TextPart, ...]:
    """The published text in runs: the model's own words and the findings marked (findings are about its own text)."""
    text = enhancement.published_text
    findings = enhancement.findings if enhancement.edited_text is None else ()
    added = added_spans(course, text)
    cuts = {0, len(text)}
    for start, end in [*added, *((finding.start, finding.end) for finding in findings)]:
        cuts |= {min(start, len(text)), min(end, len(text))}
    return tuple(_part(text, start, end, added, findings) for start, end in pairwise(sorted(cuts)))


def _part(text: str, start: int, end: int, added: Sequence[tuple[int, int]], findings: Sequence[Finding]) -> TextPart:
    about = tuple(index for index, each in enumerate(findings) if each.start <= start and end <= each.end)
    severities = {findings[index].severity for index in about}
    return TextPart(
        text=text[start:end],
        is_added=any(first <= start and end <= last for first, last in added),
        severity=next((severity for severity in Severity if severity in severities), None),
        finding_indexes=about,
    )


def _urgency(item: QueueItem) -> tuple[int, int, str, str]:
    risks = list(Risk)
    return risks.index(item.risk), -len(item.enhancement.findings), item.course.department, item.course.course_key


def _decide(
    app: Application, ids: Sequence[str], state: ReviewState, by: str, reason: str, edited_text: str | None = None
) -> str:
    decision_id = app.enhancements.decide(ids, state, by, reason, edited_text)
    app.mark_changed()
    return decision_id


def _history(app: Application, enhancement: Enhancement) -> tuple[HistoryEntry, ...]:
    decisions = [
        HistoryEntry(it.decided_at, it.decided_by, it.state, it.previous_state, it.reason, it.decision_id)
        for it in app.enhancements.history(enhancement.enhancement_id)
    ]
    written = HistoryEntry(enhancement.created_at, "", ReviewState.DRAFT, None, "", None)
    return (*decisions, written)
