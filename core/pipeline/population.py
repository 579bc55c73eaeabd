"""The student body and the catalog made ready for ranking, kept until the data changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from core.errors import RecommendationError
from core.pipeline.application import Application
from core.pipeline.courses import all_courses_of, catalogs_of
from core.pipeline.embedding import CatalogTexts, catalog_texts, embedded_text, plan_embedding, vectors_version
from core.pipeline.settings import read_settings
from core.pipeline.taken_courses import students_of
from core.recommendation.arrays import Floats as Vector
from core.recommendation.citations import Author, SourceText
from core.recommendation.population import PopulationData, build_population
from core.recommendation.ranking import PreparedPopulation, prepare
from core.records import Course, Message, ReleasedText, ReviewState, Student
from core.storage.recommendation_store import RecommendationRun

# What eligibility and signals read of a course beside its text.
_RANKED_FIELDS = (
    "course_key",
    "code",
    "title",
    "department",
    "category",
    "level",
    "language",
    "kind",
    "prerequisites",
    "is_active",
)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether recommendations can be computed, and if not what to do first."""

    missing: tuple[Message, ...]  # in the order to do it

    @property
    def is_ready(self) -> bool:
        """Nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Sources:
    """What lists are made from beside the weights: lists made from anything else are outdated."""

    embedding_model: str
    text_version: str  # SHA-256 over the texts that the vectors stand for
    data_version: str  # SHA-256 over everything else that ranking reads of courses and students

    def changed_since(self, run: RecommendationRun) -> tuple[str, ...]:
        """The names of those that are not what they were for this run."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) != getattr(run, each.name))


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """Everything that ranking and explaining read."""

    prepared: PreparedPopulation
    texts: Mapping[str, SourceText]  # course key -> the published text and who wrote it
    courses: Mapping[str, Course]  # by course key, inactive ones too
    sources: Sources
    release_id: str  # of the release in use; "" when none was ever published


def readiness(app: Application, catalog_id: str) -> Readiness:
    """What has to be done before recommending: courses, students, vectors of all published texts."""
    return app.cached(f"readiness {catalog_id}", vectors_version(app), lambda: _find_missing(app, catalog_id))


def _find_missing(app: Application, catalog_id: str) -> Readiness:
    missing = []
    if not any(catalog.catalog_id == catalog_id and catalog.course_count for catalog in catalogs_of(app)):
        missing.append(Message("pipeline.missing.courses"))
    if not app.students.count():
        missing.append(Message("pipeline.missing.students"))
    unembedded = 0 if missing else plan_embedding(app, catalog_id).missing
    if unembedded:
        missing.append(Message("pipeline.missing.vectors", {"count": unembedded}))
    return Readiness(tuple(missing))


def require_ready(app: Application, catalog_id: str) -> None:
    """Raises RecommendationError with the first thing that is missing."""
    missing = readiness(app, catalog_id).missing
    if missing:
        raise RecommendationError("pipeline.error.not_ready", what=missing[0])


def load_population(app: Application, catalog_id: str) -> PopulationData:
    """Students, courses and vectors as arrays; built once for each version of the data.

    Raises RecommendationError when there are no courses.
    """
    return load(app, catalog_id).prepared.population


def load(app: Application, catalog_id: str) -> Loaded:
    """The prepared population with the texts; built once for each version of the data. Texts may lack vectors.

    Raises RecommendationError when there are no courses.
    """
    return app.cached(f"population {catalog_id}", vectors_version(app), lambda: _load(app, catalog_id))


def load_ready(app: Application, catalog_id: str) -> Loaded:
    """`load` after `require_ready`, for the cost of one: asking the database what has changed is most of both."""
    version = vectors_version(app)
    missing = app.cached(f"readiness {catalog_id}", version, lambda: _find_missing(app, catalog_id)).missing
    if missing:
        raise RecommendationError("pipeline.error.not_ready", what=missing[0])
    return app.cached(f"population {catalog_id}", version, lambda: _load(app, catalog_id))


def sources(app: Application, catalog_id: str) -> Sources:
    """What lists made now are made from, without the cost of `load`; read once for each version of the data."""
    model = read_settings(app).embedding_model

    def read() -> Sources:
        courses, students = all_courses_of(app, catalog_id), students_of(app, catalog_id)
        return _sources(model, catalog_texts(app, catalog_id), courses, students)

    return app.cached(f"sources {catalog_id}", (app.changes, model), read)


def _load(app: Application, catalog_id: str) -> Loaded:
    model = read_settings(app).embedding_model
    released = app.releases.embedded_texts(catalog_id)
    current = app.releases.current(catalog_id)
    courses = all_courses_of(app, catalog_id)
    found = catalog_texts(app, catalog_id)
    vectors = app.embeddings.get(model, list(found.texts))

    def of(hashes: Mapping[str, str]) -> dict[str, Vector]:
        return {name: vectors[text_hash] for name, text_hash in hashes.items() if text_hash in vectors}

    students = students_of(app, catalog_id)
    population = build_population(courses, students, of(found.courses), of(found.departments), of(found.interests))
    return Loaded(
        prepared=prepare(population),
        texts={course.course_key: _source_text(course, released.get(course.course_key)) for course in courses},
        courses={course.course_key: course for course in courses},
        sources=_sources(model, found, courses, students),
        release_id="" if current is None else current.release_id,
    )


def _sources(model: str, found: CatalogTexts, courses: Sequence[Course], students: Sequence[Student]) -> Sources:
    content = "\n".join(f"{key} {text_hash}" for key, text_hash in sorted(found.courses.items()))
    return Sources(model, hashlib.sha256(content.encode()).hexdigest(), _data_version(courses, students))


def _data_version(courses: Sequence[Course], students: Sequence[Student]) -> str:
    """In the order given, because the order of the courses breaks ties."""
    digest = hashlib.sha256()
    for course in courses:
        digest.update(repr(tuple(str(getattr(course, name)) for name in _RANKED_FIELDS)).encode())
    for it in sorted(students, key=lambda student: student.student_id):
        digest.update(repr((it.student_id, it.department, it.year, it.interests, it.taken_course_keys)).encode())
    return digest.hexdigest()


def _source_text(course: Course, released: ReleasedText | None) -> SourceText:
    if released is None:
        return SourceText(embedded_text(course, None), Author.DEPARTMENT)
    author = Author.EDITED if released.state is ReviewState.EDITED else Author.MODEL
    return SourceText(released.text, author)
