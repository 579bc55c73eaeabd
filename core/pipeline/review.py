"""Review of drafts: a queue in order of risk and effect, decisions that can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from statistics import median

from core.access.actor import author, requires
from core.access.roles import Permission
from core.catalog.text import visible_line
from core.errors import CourseLiftError
from core.pipeline.application import Application
from core.pipeline.courses import courses_of
from core.pipeline.review_screen import holds_human_text
from core.records import Course, Enhancement, ReviewState, Severity
from core.storage.decisions import DecisionGroup, Undone

WAITING = (ReviewState.DRAFT, ReviewState.STALE)
PACE_DECISIONS = 20  # the newest decisions that the pace is taken from
LONGEST_THOUGHT_SECONDS = 300  # a longer gap between two decisions is a break, not work
_RECENT = 12
_REJECTED = ReviewState.REJECTED


class Risk(StrEnum):
    """How much a draft needs a person's eyes."""

    HARD = "hard"  # has a hard finding: approved one by one only
    SOFT = "soft"  # has a soft finding
    NONE = "none"  # no check found anything


class Order(StrEnum):
    """What comes first in the queue; the other of the two decides among equals."""

    RISK = "risk"  # hard findings, then soft ones
    EFFECT = "effect"  # texts that change most students' lists


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One draft in the queue."""

    enhancement: Enhancement
    course: Course
    risk: Risk
    reach: int | None = None  # students whose lists its course would enter or leave; None: not known
    has_human_text: bool = False  # another text of the course is in a person's words: never decided in bulk


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """Drafts to be judged, in order."""

    items: tuple[QueueItem, ...]
    counts: Mapping[
        ReviewState, int
    ]  # newest text of each course by state, and all rejected texts; every state present
    risks: Mapping[Risk, int]  # of the items, every risk present
    departments: tuple[str, ...]  # of all texts in these states, in alphabetical order
    seen: int  # the newest decision that this queue knows of; see EnhancementStore.decide


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What a bulk approval did."""

    decision_id: str | None  # None when nothing was approved
    approved: int
    held_back: int  # drafts with a hard finding or beside a person's own words, left for a person


def review_queue(
    app: Application,
    catalog_id: str,
    *,
    states: Sequence[ReviewState] = WAITING,
    risk: Risk | None = None,
    department: str | None = None,
    search: str = "",
    job_id: str | None = None,
) -> ReviewQueue:
    """The newest text of each course of the catalog if it is in these states: hard findings first, then soft ones.

    With REJECTED among the states, all rejected texts are listed too.
    """
    seen = app.enhancements.newest_decision()
    courses = {course.course_key: course for course in courses_of(app, catalog_id)}
    newest, rejected = app.enhancements.latest(catalog_id), app.enhancements.of_catalog(catalog_id, [_REJECTED])
    listed = [it for it in (*newest.values(), *rejected) if it.course_key in courses]
    counts = Counter(it.state for it in listed)
    human = _human_texts(app, catalog_id)
    items = [
        QueueItem(
            it,
            courses[it.course_key],
            risk_of(it),
            has_human_text=human.get(it.course_key, it.enhancement_id) != it.enhancement_id,
        )
        for it in listed
        if it.state in states and job_id in (None, it.job_id)
    ]
    queue = ReviewQueue(
        items=tuple(sorted(items, key=_by_risk)),
        counts={state: counts[state] for state in ReviewState},
        risks={},
        departments=tuple(sorted({item.course.department for item in items})),
        seen=seen,
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


def in_order(queue: ReviewQueue, order: Order, reach: Mapping[str, int]) -> ReviewQueue:
    """The queue in another order. `reach`: how many students' lists each text can touch, by enhancement id."""
    items = [replace(item, reach=reach.get(item.enhancement.enhancement_id)) for item in queue.items]
    return replace(queue, items=tuple(sorted(items, key=_by_effect if order is Order.EFFECT else _by_risk)))


def risk_of(enhancement: Enhancement) -> Risk:
    """How much a text needs a person's eyes, by its worst finding."""
    if enhancement.has_hard_finding:
        return Risk.HARD
    is_soft = any(finding.severity is Severity.SOFT for finding in enhancement.findings)
    return Risk.SOFT if is_soft else Risk.NONE


def review_pace(app: Application, by: str) -> float | None:
    """A person's median seconds between two decisions, over the newest ones; None until there are two.

    What was decided at once counts once, and gaps longer than `LONGEST_THOUGHT_SECONDS` are left out.
    """
    moments = app.enhancements.decision_moments(by, PACE_DECISIONS)
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(moments)]
    gaps = [gap for gap in gaps if gap <= LONGEST_THOUGHT_SECONDS]
    return median(gaps) if gaps else None


@requires(Permission.REVIEW)
def approve(
    app: Application,
    enhancement_ids: Sequence[str],
    *,
    by: str,
    reason: str = "",
    seen: int | None = None,
    source: str | None = None,
) -> str:
    """Approve texts as they stand: the model's, or a person's words where there are any.

    Returns the decision's id, for undoing. `seen` is that of the queue that the person looked at: raises
    StorageError when somebody decided about a text of these courses since. So do `edit` and `reject`. `source` is the
    content hash of the course beside it: raises StorageError when the course changed since. So does `edit`.
    """
    return app.enhancements.decide(
        enhancement_ids, ReviewState.APPROVED, author(by), visible_line(reason), seen=seen, source=source
    )


def passing_drafts(items: Sequence[QueueItem]) -> list[QueueItem]:
    """What may be approved in bulk: drafts without a hard finding, of courses without a person's own words.

    And only those of courses that still say what the draft was written from.
    """
    return [
        item
        for item in items
        if item.enhancement.state is ReviewState.DRAFT
        and item.risk is not Risk.HARD
        and not item.has_human_text
        and item.enhancement.source_hash == item.course.content_hash
    ]


@requires(Permission.REVIEW)
def approve_passing(
    app: Application,
    catalog_id: str,
    *,
    by: str,
    job_id: str | None = None,
    enhancement_ids: Sequence[str] | None = None,
    except_ids: Sequence[str] = (),
) -> BulkResult:
    """Approve all drafts that may be approved in bulk: of a catalog, of a job, or of a selection.

    What is no draft any more, because somebody decided about it meanwhile, is left as it is.
    """
    chosen = None if enhancement_ids is None else set(enhancement_ids)
    with app.database.write():
        queue = review_queue(app, catalog_id, states=(ReviewState.DRAFT,), job_id=job_id)
        drafts = [
            item
            for item in queue.items
            if (chosen is None or item.enhancement.enhancement_id in chosen)
            and item.enhancement.enhancement_id not in except_ids
        ]
        passing = [item.enhancement.enhancement_id for item in passing_drafts(drafts)]
        decision_id = approve(app, passing, by=by) if passing else None
    return BulkResult(decision_id, len(passing), len(drafts) - len(passing))


@requires(Permission.REVIEW)
def edit(
    app: Application,
    enhancement_id: str,
    text: str,
    *,
    by: str,
    reason: str = "",
    seen: int | None = None,
    source: str | None = None,
) -> str:
    """Approve a person's wording in place of the model's; returns the decision's id.

    Raises CourseLiftError when the text is empty.
    """
    words = visible_line(text)
    if not words:
        raise CourseLiftError("pipeline.error.empty_text")
    return app.enhancements.decide(
        [enhancement_id], ReviewState.EDITED, author(by), visible_line(reason), words, seen, source
    )


@requires(Permission.REVIEW)
def reject(app: Application, enhancement_ids: Sequence[str], *, by: str, reason: str, seen: int | None = None) -> str:
    """Keep texts from being used; returns the decision's id."""
    return app.enhancements.decide(enhancement_ids, ReviewState.REJECTED, author(by), visible_line(reason), seen=seen)


@requires(Permission.REVIEW)
def undo(app: Application, decision_id: str, *, by: str = "", only: str | None = None) -> Undone:
    """Put what a decision changed back to what it was before; with `only`, this one text of it.

    Texts that something newer was decided about keep it, and those whose course changed since become stale.
    Raises StorageError when nothing is left to take back.
    """
    return app.enhancements.undo(decision_id, author(by), only)


def recent_decisions(app: Application, catalog_id: str, limit: int = _RECENT) -> tuple[DecisionGroup, ...]:
    """What people decided last, newest first, by whomever; a changed source is no decision of theirs."""
    return tuple(app.enhancements.recent_decisions(catalog_id, limit))


def _human_texts(app: Application, catalog_id: str) -> dict[str, str]:
    """Course key -> the text that holds a person's own words."""
    texts = app.enhancements.of_catalog(catalog_id, [ReviewState.EDITED, ReviewState.STALE])
    return {it.course_key: it.enhancement_id for it in texts if holds_human_text(it)}


def _by_risk(item: QueueItem) -> tuple[object, ...]:
    return (list(Risk).index(item.risk), -(item.reach or 0), *_among_equals(item))


def _by_effect(item: QueueItem) -> tuple[object, ...]:
    return (-(item.reach or 0), list(Risk).index(item.risk), *_among_equals(item))


def _among_equals(item: QueueItem) -> tuple[int, str, str]:
    return -len(item.enhancement.findings), item.course.department, item.course.course_key
