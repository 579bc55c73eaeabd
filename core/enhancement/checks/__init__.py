"""Automatic checks of a text about a course: each finding has a span, a severity and a sentence.

A hard finding keeps a text from being approved in bulk; a soft one puts it earlier in the review queue.
The checks read only the course, the text and the other courses: they need no model and take a few milliseconds.
"""

from __future__ import annotations

from core.enhancement.checks.claims import check_claims
from core.enhancement.checks.fidelity import check_fidelity
from core.enhancement.checks.form import check_form
from core.enhancement.checks.mix_up import CourseIndex
from core.enhancement.checks.source import Source
from core.generation.engine import Chat
from core.records import Course, Finding

__all__ = ["CourseIndex", "check_text"]


def check_text(course: Course, text: str, chat: Chat = (), others: CourseIndex | None = None) -> list[Finding]:
    """All findings about `text` as a description of `course`, in order of their place.

    `chat` is the prompt that the text answers: what is repeated from it, the course's own words aside, is a leak.
    `others` are the courses with which it may have been mixed up.
    """
    source = Source.of(course)
    findings = [*check_form(source, text, chat), *check_claims(source, text), *check_fidelity(source, text)]
    if others is not None:
        findings += others.check(course, text)
    return sorted(findings, key=lambda finding: (finding.start, finding.end))
