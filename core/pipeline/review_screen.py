"""One draft beside its source: its words marked, what changed in the source since, its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from core.catalog.comparison import changed_fields
from core.enhancement.word_diff import WordRun, word_diff
from core.enhancement.wording import added_spans
from core.pipeline.application import Application
from core.pipeline.triage import read_triage
from core.records import Course, Enhancement, Finding, ReviewState, Severity, Triage


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
    actor: str  # a person's name; "" for the model, the program or somebody without a name
    state: ReviewState
    previous_state: ReviewState | None
    reason: str
    decision_id: str | None  # to undo it; None for the writing itself and for a changed source
    texts: int = 1  # how many texts were decided about at once


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What happened to one field of a course since a text was written for it."""

    field: str
    runs: tuple[WordRun, ...]


@dataclass(frozen=True, slots=True)
class SourceChange:
    """Why a text is stale: its course says something else now."""

    fields: tuple[FieldChange, ...]
    changed_at: datetime | None  # of the newest version; None when it is not known
    changed_by: str  # who edited the course here; "" for an upload or somebody without a name
    is_edit: bool  # a person edited the course here; otherwise an upload brought the change


@dataclass(frozen=True, slots=True)
class ReviewScreen:
    """Everything about one course side by side."""

    course: Course
    triage: Triage | None
    enhancement: Enhancement
    parts: tuple[TextPart, ...]  # together exactly the published text
    others: tuple[Enhancement, ...]  # other texts of the same course, newest first
    history: tuple[HistoryEntry, ...]  # newest first
    source_change: SourceChange | None  # None: the text was written for the course as it is
    human_text: Enhancement | None  # another text of this course in a person's words, which approving would replace


def review_screen(app: Application, enhancement_id: str) -> ReviewScreen:
    """One draft beside its source, with the model's own words and the findings marked."""
    enhancement = app.enhancements.get(enhancement_id)
    catalog_id, key = enhancement.catalog_id, enhancement.course_key
    course = app.catalogs.course(catalog_id, key)
    others = [it for it in app.enhancements.for_course(catalog_id, key) if it.enhancement_id != enhancement_id]
    return ReviewScreen(
        course=course,
        triage=next((it.triage for it in read_triage(app, catalog_id).courses if it.course.course_key == key), None),
        enhancement=enhancement,
        parts=mark_text(course, enhancement),
        others=tuple(others),
        history=_history(app, enhancement),
        source_change=_source_change(app, course, enhancement),
        human_text=next((it for it in others if holds_human_text(it)), None),
    )


def holds_human_text(enhancement: Enhancement) -> bool:
    """Whether a person's own words stand in this text; no run and no bulk decision may replace them."""
    return enhancement.edited_text is not None and enhancement.state in (ReviewState.EDITED, ReviewState.STALE)


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


def _source_change(app: Application, course: Course, enhancement: Enhancement) -> SourceChange | None:
    """Against the version of the course that the text was written for; no fields when that is not known."""
    if enhancement.source_hash == course.content_hash:
        return None
    versions = app.catalogs.versions(course.catalog_id, course.course_key)
    before = next((it.course for it in versions if it.course.content_hash == enhancement.source_hash), course)
    fields = tuple(
        FieldChange(name, word_diff(getattr(before, name), getattr(course, name)))
        for name in changed_fields(before, course)
    )
    now = next((it for it in versions if it.course.content_hash == course.content_hash), None)
    if now is None:
        return SourceChange(fields, None, "", False)
    return SourceChange(fields, now.saved_at, now.saved_by, now.is_edit)


def _history(app: Application, enhancement: Enhancement) -> tuple[HistoryEntry, ...]:
    entries = [
        HistoryEntry(
            at=it.decided_at,
            actor=it.decided_by,
            state=it.state,
            previous_state=it.previous_state,
            reason=it.reason,
            decision_id=None if it.state is ReviewState.STALE or it.is_restored else it.decision_id,
            texts=it.texts,
        )
        for it in app.enhancements.history(enhancement.enhancement_id)
    ]
    written = HistoryEntry(enhancement.created_at, "", ReviewState.DRAFT, None, "", None)
    return (*entries, written)
