"""Where a term stands and what to do next: what the overview page and `python -m core status` show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.pipeline.application import Application
from core.pipeline.triage import DepartmentCounts
from core.records import Catalog, DescriptionStatus, Job, Message, ReviewState


@dataclass(frozen=True, slots=True)
class CatalogStatus:
    """One catalog's way from import to recommendations, in numbers."""

    catalog: Catalog
    statuses: Mapping[DescriptionStatus, int]  # active courses by description status, every status present
    departments: tuple[DepartmentCounts, ...]  # most insufficient first
    review: Mapping[ReviewState, int]  # newest enhancement of each course by state, every state present
    embedded: int  # texts with a vector of the chosen embedding model
    unembedded: int  # texts still to embed before recommending
    recommended_students: int  # in the newest run, 0 when there is none

    @property
    def insufficient(self) -> int:
        """Courses whose own description needs enhancement."""
        return sum(count for status, count in self.statuses.items() if status is not DescriptionStatus.SUFFICIENT)

    @property
    def published(self) -> int:
        """Courses with an approved or edited enhancement."""
        return sum(count for state, count in self.review.items() if state.is_published)


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing worth doing now."""

    page: str  # the page to open: "settings", "catalog", "enhance", "review", "students", "weights"
    message: Message  # says what and how many
    count: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole installation at a glance."""

    catalogs: tuple[Catalog, ...]
    current: CatalogStatus | None  # None when nothing was imported yet
    student_count: int
    active_jobs: tuple[Job, ...]
    models_are_ready: bool
    next_steps: tuple[NextStep, ...]  # most pressing first


def overview(app: Application, catalog_id: str | None = None) -> Overview:
    """State of the installation and of one catalog (the newest when not named)."""
    raise NotImplementedError
