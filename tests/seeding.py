"""A small state folder with everything in it, made in seconds because no model runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.config import Config
from core.pipeline.application import Application
from core.pipeline.embedding import start_embedding
from core.pipeline.enhancement import EnhancementOptions, plan_enhancement, start_enhancement
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.settings import change_settings, read_settings
from core.pipeline.student_intake import apply_students, preview_students
from core.records import JobStatus

CATALOG = """code,title,department,description
MATH-1,Linear algebra,Mathematics,
MATH-2,Probability,Mathematics,Chance and counting from coins to continuous distributions with worked examples.
PHYS-1,Optics,Physics,
PHYS-2,Acoustics [of](https://example.org) *rooms*,Physics,TBA
LIT-1,Modern poetry,Literature,
LIT-2,Drama,Literature,
"""
STUDENTS = """student_id,department,year,interests,taken_courses
S-000001,Mathematics,1,sound; poetry,MATH-2
S-000002,Physics,2,light,PHYS-1
S-000003,Literature,3,theatre; poetry,
"""
JOB_SECONDS = 60


def seed(home: Path) -> Path:
    """A catalog of six courses with drafts, three students and vectors in `home`; "Kim" works there."""
    with Application(Config(home)) as app:
        change_settings(app, replace(read_settings(app), actor="Kim", embedding_model="fake:"))
        catalog_id = apply_catalog(app, preview_catalog(app, CATALOG.encode(), "c.csv"), name="Test").catalog_id
        apply_students(app, preview_students(app, STUDENTS.encode(), "s.csv", catalog_id=catalog_id))
        jobs = [start_enhancement(app, plan_enhancement(app, catalog_id, options=EnhancementOptions(engine="fake")))]
        jobs.append(start_embedding(app, catalog_id))
        for job in jobs:
            assert job is not None
            assert app.job_service.wait(job.job_id, JOB_SECONDS).status is JobStatus.SUCCEEDED
    return home
