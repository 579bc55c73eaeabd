"""Triage of a catalog: verdicts on its descriptions, thresholds of staff, counts by department."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.access.actor import requires
from core.access.roles import Permission
from core.enhancement.triage import TriageThresholds, triage
from core.errors import CourseLiftError
from core.pipeline.application import Application
from core.pipeline.courses import courses_of
from core.records import Course, DescriptionStatus, Triage

_SETTING = "triage_thresholds"
_MAX_THRESHOLD = 1000


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
    return TriageThresholds.from_mapping(app.settings.get(_SETTING, {}))


@requires(Permission.IMPORT_CATALOG)
def change_thresholds(app: Application, thresholds: TriageThresholds) -> None:
    """Store new thresholds and judge every catalog again.

    Raises CourseLiftError for thresholds below 1 or above 1,000.
    """
    if not all(1 <= value <= _MAX_THRESHOLD for value in thresholds.as_dict().values()):
        raise CourseLiftError("pipeline.error.bad_threshold", maximum=_MAX_THRESHOLD)
    app.settings.set(_SETTING, thresholds.as_dict())
    for catalog in app.catalogs.list():
        triage_catalog(app, catalog.catalog_id)


@requires(Permission.IMPORT_CATALOG)
def triage_catalog(app: Application, catalog_id: str) -> TriageReport:
    """Judge every active course of a catalog, store the verdicts and report them."""
    report = preview_thresholds(app, catalog_id, read_thresholds(app))
    app.catalogs.save_triage(catalog_id, [item.triage for item in report.courses])
    app.mark_changed()
    return report


def preview_thresholds(app: Application, catalog_id: str, thresholds: TriageThresholds) -> TriageReport:
    """What the verdicts would be with other thresholds; stores nothing."""
    courses = app.catalogs.courses(catalog_id)
    return _report(thresholds, [TriagedCourse(course, triage(course, thresholds)) for course in courses])


def read_triage(app: Application, catalog_id: str) -> TriageReport:
    """The stored verdicts (judged now for courses that have none); read once for each version of the data."""
    thresholds = read_thresholds(app)
    return app.cached(f"triage {catalog_id}", (app.changes, thresholds), lambda: _read(app, catalog_id, thresholds))


def _read(app: Application, catalog_id: str, thresholds: TriageThresholds) -> TriageReport:
    stored, courses = app.catalogs.triage(catalog_id), courses_of(app, catalog_id)
    judged = [TriagedCourse(it, stored.get(it.course_key) or triage(it, thresholds)) for it in courses]
    return _report(thresholds, judged)


def _report(thresholds: TriageThresholds, courses: Sequence[TriagedCourse]) -> TriageReport:
    by_department: defaultdict[str, Counter[DescriptionStatus]] = defaultdict(Counter)
    for item in courses:
        by_department[item.course.department][item.triage.status] += 1
    departments = [DepartmentCounts(name, counts.total(), _every(counts)) for name, counts in by_department.items()]
    return TriageReport(
        thresholds=thresholds,
        statuses=_every(Counter(item.triage.status for item in courses)),
        departments=tuple(sorted(departments, key=lambda item: (-item.insufficient, item.department))),
        courses=tuple(courses),
    )


def _every(counts: Counter[DescriptionStatus]) -> dict[DescriptionStatus, int]:
    return {status: counts[status] for status in DescriptionStatus}
