"""Making ready for the recommender: turn the texts of the release in use, departments and interests into vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.access.actor import requires
from core.access.roles import Permission
from core.embedding.engine import DEFAULT_BATCH_SIZE
from core.embedding.registry import FAKE, default_encoder
from core.embedding.texts import Role, course_text, label_text, text_hash
from core.enhancement.triage import is_placeholder
from core.jobs.spec import JobSpec, WorkItem
from core.measurement.hardware import get_device, get_optimal_dtype
from core.models.languages import FAKE_PREFIX
from core.models.references import resolve
from core.pipeline.application import Application
from core.pipeline.courses import all_courses_of
from core.pipeline.settings import AUTO, read_settings
from core.records import Course, Enhancement, Job, JobKind, ReleasedText
from core.storage.conversion import new_id

PASSAGE: Role = "passage"  # courses are what is searched
QUERY: Role = "query"  # departments and interests search


@dataclass(frozen=True, slots=True)
class CatalogTexts:
    """Everything of a catalog that needs a vector, by hash of its text."""

    courses: Mapping[str, str]  # course key -> hash, inactive courses too: students may have taken them
    departments: Mapping[str, str]  # name -> hash
    interests: Mapping[str, str]  # name -> hash
    texts: Mapping[str, tuple[str, Role]]  # hash -> text and role


@dataclass(frozen=True, slots=True)
class EmbeddingPlan:
    """Which texts have no vector yet."""

    catalog_id: str
    model_ref: str
    courses: int  # texts of courses to embed
    departments: int
    interests: int
    embedded: int  # texts that already have a vector

    @property
    def missing(self) -> int:
        """All texts to embed."""
        return self.courses + self.departments + self.interests


def plan_embedding(app: Application, catalog_id: str) -> EmbeddingPlan:
    """What is new or changed since the last embedding; asked once for each version of texts and vectors."""
    return app.cached(f"embedding plan {catalog_id}", vectors_version(app), lambda: _plan(app, catalog_id))


def vectors_version(app: Application) -> tuple[object, ...]:
    """What the texts of all catalogs and their vectors depend on: it differs when any of them may differ."""
    return app.changes, read_settings(app).embedding_model, app.jobs.stored_length(JobKind.EMBED)


def _plan(app: Application, catalog_id: str) -> EmbeddingPlan:
    model_ref = read_settings(app).embedding_model
    found = catalog_texts(app, catalog_id)
    missing = app.embeddings.missing(model_ref, list(found.texts))
    return EmbeddingPlan(
        catalog_id=catalog_id,
        model_ref=model_ref,
        courses=len(missing.intersection(found.courses.values())),
        departments=len(missing.intersection(found.departments.values())),
        interests=len(missing.intersection(found.interests.values()) - set(found.departments.values())),
        embedded=len(found.texts) - len(missing),
    )


@requires(Permission.RUN)
def start_embedding(
    app: Application, catalog_id: str, also: Mapping[str, tuple[str, Role]] | None = None
) -> Job | None:
    """Embed what is missing in the background; None when nothing is.

    `also` are further texts with their roles, by hash: drafts, whose vectors lists do not read before a release holds
    the text. Raises ModelError when the embedding model is not installed.
    """
    means = embedding_means(app)
    texts = {**catalog_texts(app, catalog_id).texts, **(also or {})}
    missing = app.embeddings.missing(means["model_ref"], list(texts))
    if not missing:
        return None
    spec = JobSpec(
        job_id=new_id(),
        kind=JobKind.EMBED,
        catalog_id=catalog_id,
        settings={"batch_size": means.pop("batch_size")},
        items=tuple(WorkItem(key, key, text=text, role=role) for key, (text, role) in texts.items() if key in missing),
        **means,
    )
    return app.job_service.start(spec)


def embedding_means(app: Application) -> dict[str, Any]:
    """With what texts are embedded here: `model_ref`, `engine`, `precision`, `device` and `batch_size`.

    Raises ModelError when the embedding model is not installed.
    """
    chosen = read_settings(app)
    model_ref = chosen.embedding_model
    resolve(model_ref, app.config)
    device = get_device()
    return {
        "model_ref": model_ref,
        "engine": FAKE if model_ref.startswith(FAKE_PREFIX) else default_encoder(device),
        "precision": get_optimal_dtype(device).precision if chosen.precision == AUTO else chosen.precision,
        "device": device,
        "batch_size": DEFAULT_BATCH_SIZE,
    }


def catalog_texts(app: Application, catalog_id: str) -> CatalogTexts:
    """What stands for each course, department and interest, with its hash; made once for each version of the data."""
    return app.cached(f"texts {catalog_id}", app.changes, lambda: _texts(app, catalog_id))


def _texts(app: Application, catalog_id: str) -> CatalogTexts:
    released = app.releases.embedded_texts(catalog_id)
    courses = all_courses_of(app, catalog_id)
    course_texts = {it.course_key: course_text(it, embedded_text(it, released.get(it.course_key))) for it in courses}
    names = {it.department for it in courses} | set(app.students.departments())
    departments = {name: label_text(name) for name in sorted(names) if name.strip()}
    interests = {name: label_text(name) for name in sorted(app.students.interests()) if name.strip()}
    texts: dict[str, tuple[str, Role]] = {}
    for group, role in ((course_texts, PASSAGE), (departments, QUERY), (interests, QUERY)):
        texts |= {text_hash(text, role): (text, role) for text in group.values() if text}
    return CatalogTexts(
        courses={key: text_hash(text, PASSAGE) for key, text in course_texts.items() if text},
        departments={name: text_hash(text, QUERY) for name, text in departments.items()},
        interests={name: text_hash(text, QUERY) for name, text in interests.items()},
        texts=texts,
    )


def embedded_text(course: Course, released: ReleasedText | None) -> str:
    """What the recommender reads of a course: the text of the release in use, else the department's own."""
    return own_description(course) if released is None else released.text


def description_of(course: Course, approved: Enhancement | None) -> str:
    """What readers of an export get: the approved text, else the department's own."""
    return own_description(course) if approved is None else approved.published_text


def own_description(course: Course) -> str:
    """The department's own description if it says anything."""
    return "" if is_placeholder(course.description) else course.description
