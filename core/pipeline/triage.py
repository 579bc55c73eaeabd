"""Triage of a catalog: verdicts on its descriptions, thresholds of staff, counts by department."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.pipeline.application import Application
from core.records import Course, DescriptionStatus, Triage

if TYPE_CHECKING:
    from core.enhancement.triage import TriageThresholds


@dataclass(frozen=True, slots=True)
class DepartmentCounts:
    """Courses of one department by description status."""

    department: str  # "" when the courses name none
    total: int
    counts: Mapping[DescriptionStatus, int]  # every status present

    @property
    def insufficient(self) -> int:
        """Courses that need enhancement."""
        return self.total - self.counts[DescriptionStatus.SUFFICIENT]


@dataclass(frozen=True, slots=True)
class TriagedCourse:
    """A course with its verdict, for lists."""

    course: Course
    triage: Triage


@dataclass(frozen=True, slots=True)
class TriageReport:
    """The verdicts on one catalog."""

    thresholds: TriageThresholds
    statuses: Mapping[DescriptionStatus, int]  # every status present
    departments: tuple[DepartmentCounts, ...]  # most insufficient first
    courses: tuple[TriagedCourse, ...]  # in catalog order


def read_thresholds(app: Application) -> TriageThresholds:
    """The thresholds in force: the stored ones, or the defaults."""
    raise NotImplementedError


def change_thresholds(app: Application, thresholds: TriageThresholds) -> None:
    """Store new thresholds and judge every catalog again."""
    raise NotImplementedError


def triage_catalog(app: Application, catalog_id: str) -> TriageReport:
    """Judge every active course of a catalog, store the verdicts and report them."""
    raise NotImplementedError


def preview_thresholds(app: Application, catalog_id: str, thresholds: TriageThresholds) -> TriageReport:
    """What the verdicts would be with other thresholds; stores nothing."""
    raise NotImplementedError


def read_triage(app: Application, catalog_id: str) -> TriageReport:
    """The stored verdicts (judged now for courses that have none)."""
    raise NotImplementedError
