"""What is embedded: the text of a course, a department or an interest, and its identity."""

from __future__ import annotations

import hashlib
from typing import Literal

from core.records import Course

Role = Literal["passage", "query"]  # what is searched, and what searches; e5 models tell them apart

TEXT_VERSION = "2"  # raise it when course_text changes: all hashes change with it


def course_text(course: Course, description: str) -> str:
    """The text that stands for a course: titles, name of the department and the published `description`, one a line.

    `description` is the approved or edited text, or the department's own; it may be empty.
    """
    parts = (course.title, course.title_en, course.department_name, description)
    lines = (" ".join(part.split()) for part in parts)
    return "\n".join(dict.fromkeys(line for line in lines if line))


def label_text(name: str) -> str:
    """The text that stands for a department or an interest: its name in single spaces."""
    return " ".join(name.split())


def text_hash(text: str, role: Role = "passage") -> str:
    """SHA-256 in hex over the text, its role and the version of the text building: the identity of a vector."""
    return hashlib.sha256("\0".join((TEXT_VERSION, role, text)).encode()).hexdigest()
