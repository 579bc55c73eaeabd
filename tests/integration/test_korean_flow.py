"""Korean sample courses from the file to the export, with a model that only plays at writing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import DATA_FOLDER, Config
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement
from core.pipeline.export import ExportFormat, export_catalog
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.review import approve_passing, edit, reject, review_queue, undo
from core.records import DescriptionStatus, JobStatus, ReviewState

COURSES = 40


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    with Application(Config(own_state_folder), watch_jobs=False) as opened:
        yield opened


@pytest.mark.parametrize(
    ("file_name", "statuses"),
    [
        ("ko_snu_2016_lectures.json", frozenset({DescriptionStatus.MISSING})),
        ("ko_gist_courses.csv", frozenset(DescriptionStatus)),
    ],
)
def test_korean_courses_are_written_checked_reviewed_and_exported(
    app: Application, file_name: str, statuses: frozenset[DescriptionStatus]
) -> None:
    path = DATA_FOLDER / file_name
    catalog_id = apply_catalog(app, preview_catalog(app, path.read_bytes(), file_name)).catalog_id
    korean = [it.course_key for it in app.catalogs.courses(catalog_id) if it.language == "ko"]
    scope = EnhancementScope(statuses, course_keys=frozenset(korean), limit=COURSES)
    plan = plan_enhancement(app, catalog_id, scope, EnhancementOptions(engine="fake"))
    assert len(plan.courses) == COURSES
    assert not plan.refused
    assert "과목명: " in plan.previews[0]

    job = app.job_service.wait(start_enhancement(app, plan).job_id, 120)
    assert job.status is JobStatus.SUCCEEDED
    drafts = app.enhancements.of_job(job.job_id)
    assert len(drafts) == COURSES
    assert all(draft.provenance.prompt_version.startswith("ko-v0-") for draft in drafts)

    result = approve_passing(app, catalog_id, by="김")
    assert result.approved + result.held_back == COURSES
    assert result.approved
    approved, other = app.enhancements.of_catalog(catalog_id, [ReviewState.APPROVED])[:2]
    edit(app, approved.enhancement_id, "사람이 고쳐 쓴 설명입니다.", by="김")
    undo(app, reject(app, [other.enhancement_id], by="김", reason="사실과 다름"), by="김")
    assert len(app.enhancements.published(catalog_id)) == result.approved
    assert len(review_queue(app, catalog_id).items) == result.held_back

    rows = list(csv.reader(io.StringIO(export_catalog(app, catalog_id, ExportFormat.CSV, "ko").decode("utf-8-sig"))))
    assert any("사람이 고쳐 쓴 설명입니다." in row for row in rows)
