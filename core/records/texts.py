"""Generated descriptions: how they were made, what the checks found, what was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.records.message import Message
from core.records.states import FinishReason, ReviewState, Severity


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
