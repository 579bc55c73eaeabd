"""The records that every room shares: frozen dataclasses and their enums, no behaviour beyond properties."""

from core.records.catalog import Catalog, Course, Problem, Triage
from core.records.jobs import Job, Measurement, Timing
from core.records.message import Message
from core.records.recommendation import Contribution, Recommendation, Student, WeightSet
from core.records.states import (
    CourseKind,
    DescriptionStatus,
    FinishReason,
    ItemState,
    JobKind,
    JobStatus,
    ReviewState,
    Severity,
)
from core.records.texts import Enhancement, Finding, Provenance, Release, ReleasedText

__all__ = [
    "Catalog",
    "Contribution",
    "Course",
    "CourseKind",
    "DescriptionStatus",
    "Enhancement",
    "Finding",
    "FinishReason",
    "ItemState",
    "Job",
    "JobKind",
    "JobStatus",
    "Measurement",
    "Message",
    "Problem",
    "Provenance",
    "Recommendation",
    "Release",
    "ReleasedText",
    "ReviewState",
    "Severity",
    "Student",
    "Timing",
    "Triage",
    "WeightSet",
]
