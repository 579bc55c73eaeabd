"""Publishing to the recommender: turn published texts, departments and interests into vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.embedding.engine import DEFAULT_BATCH_SIZE
from core.embedding.registry import FAKE, default_encoder
from core.embedding.texts import Role, course_text, label_text, text_hash
from core.enhancement.triage import is_placeholder
from core.jobs.spec import JobSpec, WorkItem
from core.measurement.hardware import get_device, get_optimal_dtype
from core.models.languages import FAKE_PREFIX
from core.models.references import resolve
from core.pipeline.application import Application
from core.pipeline.settings import AUTO, read_settings
from core.records import Course, Enhancement, Job, JobKind
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
    """What is new or changed since the last embedding."""
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


def start_embedding(app: Application, catalog_id: str) -> Job | None:
    """Embed what is missing in the background; None when nothing is.

    Raises ModelError when the embedding model is not installed.
    """
    means = embedding_means(app)
    found = catalog_texts(app, catalog_id)
    missing = app.embeddings.missing(means["model_ref"], list(found.texts))
    if not missing:
        return None
    spec = JobSpec(
        job_id=new_id(),
        kind=JobKind.EMBED,
        catalog_id=catalog_id,
        settings={"batch_size": means.pop("batch_size")},
        items=tuple(
            WorkItem(key, key, text=text, role=role) for key, (text, role) in found.texts.items() if key in missing
        ),
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
    """The published texts of all courses, and the names of departments and interests, with their hashes."""
    published = app.enhancements.published(catalog_id)
    courses = app.catalogs.courses(catalog_id, active_only=False)
    course_texts = {it.course_key: course_text(it, description_of(it, published.get(it.course_key))) for it in courses}
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


def description_of(course: Course, published: Enhancement | None) -> str:
    """The text that readers and the recommender get: the published one, or the department's own if it says anything."""
    if published is not None:
        return published.published_text
    return "" if is_placeholder(course.description) else course.description
