"""A small catalog with every status, students, and an open application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.config import Config
from core.pipeline.application import Application
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.student_intake import apply_students, preview_students
from core.records import Enhancement, Finding, FinishReason, Message, Provenance, ReviewState, Severity

OWN_TEXT = (
    "Vectors, matrices and systems of linear equations are studied together with eigenvalues, linear maps and their "
    "use in statistics, physics and computing."
)
CATALOG = f"""code,title,department,description,room
MA1,Linear Algebra,Mathematics,"{OWN_TEXT}",=1+1
MA2,Calculus,Mathematics,,B2
PH1,Optics,Physics,Optics,B3
PH2,Acoustics,Physics,Sound and rooms.,B4
HI1,한국 근대사,사학과,없음,B5
HI2,Modern History,History,-,B6
""".encode()
STUDENTS = b"""student_id,department,year,interests,taken courses
S1,Mathematics,1,optics; history,MA1
S2,Physics,2,algebra,
S3,History,3,sound; optics,HI2
"""


@pytest.fixture
def catalog_file() -> bytes:
    return CATALOG


@pytest.fixture
def student_file() -> bytes:
    return STUDENTS


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    with Application(Config(own_state_folder), watch_jobs=False) as opened:
        yield opened


@pytest.fixture
def catalog_id(app: Application) -> str:
    return apply_catalog(app, preview_catalog(app, CATALOG, "spring term.csv")).catalog_id


@pytest.fixture
def students(app: Application, catalog_id: str) -> int:
    return apply_students(app, preview_students(app, STUDENTS, "students.csv", catalog_id=catalog_id)).students


Write = Callable[..., Enhancement]


@pytest.fixture
def write(app: Application, catalog_id: str) -> Write:
    """Stores a draft of a course, as a job would."""

    def make(key: str, text: str = "", job_id: str = "j1", severity: Severity | None = None) -> Enhancement:
        course = app.catalogs.course(catalog_id, key)
        findings = (
            () if severity is None else (Finding("cut_off", severity, Message("enhancement.finding.cut_off"), 0, 4),)
        )
        draft = Enhancement(
            enhancement_id=f"{job_id}-{key}",
            catalog_id=catalog_id,
            course_key=key,
            job_id=job_id,
            text=text or f"{course.title} explained from the beginning with many examples.",
            provenance=Provenance("m", "fake", "float32", "cpu", "v1", {}, 0),
            source_hash=course.content_hash,
            finish_reason=FinishReason.STOP,
            prompt_tokens=10,
            new_tokens=20,
            seconds=0.5,
            created_at=datetime.now(UTC),
            state=ReviewState.DRAFT,
            findings=findings,
        )
        app.enhancements.save([draft])
        return app.enhancements.get(draft.enhancement_id)

    return make
