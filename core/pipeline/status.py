"""Where a term stands and what to do next: what the overview page and `python -m core status` show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.pipeline.application import Application
from core.pipeline.courses import catalogs_of
from core.pipeline.embedding import plan_embedding
from core.pipeline.models import list_models
from core.pipeline.recommendation import latest_run
from core.pipeline.releases import approved_texts, unpublished_keys, withdrawn
from core.pipeline.triage import DepartmentCounts, read_triage
from core.records import Catalog, DescriptionStatus, Job, JobKind, Message, ReviewState


@dataclass(frozen=True, slots=True)
class CatalogStatus:
    """One catalog's way from import to recommendations, in numbers."""

    catalog: Catalog
    statuses: Mapping[DescriptionStatus, int]  # active courses by description status, every status present
    departments: tuple[DepartmentCounts, ...]  # most insufficient first
    review: Mapping[
        ReviewState, int
    ]  # newest text of each course by state, and all rejected texts; every state present
    unwritten: int  # courses that need a description and have no text, draft or decided
    unapproved: int  # courses that need a description and have no approved or edited text
    unused: int  # courses that need a description and have none in the release in use, as it is approved
    published: int  # courses with an approved or edited text
    unreleased: int  # of them, those that the release in use lacks or has otherwise
    withdrawn: int  # texts in use that are not approved any more
    embedded: int  # texts with a vector of the chosen embedding model
    unembedded: int  # texts still to embed before recommending
    recommended_students: int  # in the newest run, 0 when there is none
    lists_are_outdated: bool  # the newest run was made from other data or weights than there are now

    @property
    def insufficient(self) -> int:
        """Courses whose own description needs enhancement."""
        return sum(count for status, count in self.statuses.items() if status is not DescriptionStatus.SUFFICIENT)


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
    catalogs = catalogs_of(app)
    chosen = next((it for it in catalogs if it.catalog_id == catalog_id), catalogs[-1] if catalogs else None)
    current = None if chosen is None else catalog_status(app, chosen)
    student_count = app.students.count()
    active_jobs = tuple(app.jobs.active())
    models_are_ready = all(model.is_installed for model in list_models(app))
    steps = (*_faults(app), *_next_steps(current, student_count, active_jobs, models_are_ready))
    return Overview(catalogs, current, student_count, active_jobs, models_are_ready, steps)


def catalog_status(app: Application, catalog: Catalog) -> CatalogStatus:
    """One catalog in numbers."""
    catalog_id = catalog.catalog_id
    report = read_triage(app, catalog_id)
    listed = app.enhancements.listed_states(catalog_id)
    counts = Counter(state for _, state in listed)
    written = {key for key, state in listed if state is not ReviewState.REJECTED}
    published = approved_texts(app, catalog_id).keys() & {it.course.course_key for it in report.courses}
    unreleased = unpublished_keys(app, catalog_id)
    needed = {it.course.course_key for it in report.courses if it.triage.status is not DescriptionStatus.SUFFICIENT}
    embedding = plan_embedding(app, catalog_id)
    run = latest_run(app, catalog_id)
    return CatalogStatus(
        catalog=catalog,
        statuses=report.statuses,
        departments=report.departments,
        review={state: counts[state] for state in ReviewState},
        unwritten=len(needed - written),
        unapproved=len(needed - published),
        unused=len(needed - (published - unreleased)),
        published=len(published),
        unreleased=len(unreleased),
        withdrawn=withdrawn(app, catalog_id),
        embedded=embedding.embedded,
        unembedded=embedding.missing,
        recommended_students=0 if run is None else run.students,
        lists_are_outdated=run is not None and bool(run.outdated),
    )


def _faults(app: Application) -> list[NextStep]:
    """What is not as it should be comes before the work."""
    steps = []
    if any(deletion.finished_at is None for deletion in app.students.deletions()):
        steps.append(_step("settings", "finish_deletion"))
    if app.last_look is not None and (count := len(app.last_look.report.faults)):
        steps.append(_step("settings", "mend", count))
    return steps


def _next_steps(
    current: CatalogStatus | None, students: int, active_jobs: Sequence[Job], models_are_ready: bool
) -> tuple[NextStep, ...]:
    """What is worth doing, in the order of the work; what a job is doing already is left out."""
    busy = {job.kind for job in active_jobs if current is not None and job.catalog_id == current.catalog.catalog_id}
    steps = [] if models_are_ready else [_step("settings", "install_models")]
    if current is None:
        return (*steps, _step("catalog", "load_catalog"))
    drafts = current.review[ReviewState.DRAFT] + current.review[ReviewState.STALE]
    if drafts:
        steps.append(_step("review", "review", drafts))
    if current.unwritten and JobKind.ENHANCE not in busy:
        steps.append(_step("enhance", "enhance", current.unwritten))
    if current.unreleased:
        steps.append(_step("review", "publish", current.unreleased))
    if current.withdrawn:
        steps.append(_step("review", "withdraw", current.withdrawn))
    if not students:
        steps.append(_step("students", "load_students"))
    elif current.unembedded and JobKind.EMBED not in busy:
        steps.append(_step("weights", "embed", current.unembedded))
    elif not current.recommended_students:
        steps.append(_step("weights", "recommend", students))
    elif current.lists_are_outdated:
        steps.append(_step("weights", "recompute", students))
    return tuple(steps)


def _step(page: str, name: str, count: int = 0) -> NextStep:
    return NextStep(page, Message(f"pipeline.next.{name}", {"count": count}), count)
