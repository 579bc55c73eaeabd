"""What a catalog holds, and what is said about its courses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.records.message import Message
from core.records.states import CourseKind, DescriptionStatus, Severity

_DEPARTMENT_CODE = re.compile(r"[A-Z0-9&./-]{1,6}")


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
