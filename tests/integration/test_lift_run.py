"""Lift measured by a real worker with the fake models, from the command's own steps to the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import DATA_FOLDER
from core.errors import JobError
from core.evaluation.lift import LiftText
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.jobs import cancel_job
from core.pipeline.lift import latest_lift, plan_lift, start_lift
from core.pipeline.settings import change_settings, read_settings
from core.pipeline.verify import read_journals_again, verify
from core.records import JobStatus
from pages.widgets.session import application

COURSES = 40
FAKE = EnhancementOptions(engine="fake")
SECONDS = 120


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    """The pages' own application, so that they can show what is measured."""
    opened = application()
    change_settings(opened, replace(read_settings(opened), embedding_model="fake:", generation_model="fake:"))
    yield opened
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def catalog_id(app: Application) -> str:
    path = DATA_FOLDER / "en_mcgill_courses.json"
    return apply_catalog(app, preview_catalog(app, path, path.name), name="McGill").catalog_id


def test_the_sample_is_hidden_whole_and_the_same_for_the_same_seed(app: Application, catalog_id: str) -> None:
    plan = plan_lift(app, catalog_id, courses=COURSES, seed=3, options=FAKE)
    again = plan_lift(app, catalog_id, courses=COURSES, seed=3, options=FAKE)
    other = plan_lift(app, catalog_id, courses=COURSES, seed=4, options=FAKE)
    assert plan == again
    assert plan.hidden != other.hidden
    assert len(plan.courses) == len(plan.hidden) == COURSES <= plan.candidates
    assert not any(course.description or course.prerequisites or course.extra for course in plan.courses)
    assert len(plan.others) == len(app.catalogs.courses(catalog_id)) - COURSES
    assert not any(hidden in other for hidden in plan.hidden.values() for other in plan.others)


def test_a_measurement_is_stored_once_with_what_defines_it(app: Application, catalog_id: str) -> None:
    job = start_lift(app, catalog_id, courses=COURSES, options=FAKE)
    assert app.job_service.wait(job.job_id, SECONDS).status is JobStatus.SUCCEEDED
    view = latest_lift(app, catalog_id)
    assert view is not None and view.lift_id == job.job_id
    assert {each.text for each in view.figures} >= set(LiftText) - {LiftText.TITLE_DEPARTMENT_CATEGORY}
    assert view.about["courses"] == len(view.about["ranks"]) == COURSES
    assert view.about["embedding"]["model_ref"] == view.about["model_ref"] == "fake:"
    assert view.about["prompt_version"] and view.about["settings"]
    title = next(each for each in view.figures if each.text is LiftText.TITLE)
    ranks = [places["title"] for places in view.about["ranks"].values()]
    assert title.reciprocal_rank.mean == pytest.approx(sum(1 / place for place in ranks) / COURSES)
    assert app.enhancements.of_catalog(catalog_id) == []  # what is written to be measured is not there to be reviewed
    assert verify(app).holds
    read_journals_again(app)
    assert len(app.measurements.list("lift")) == 1
    _the_page_shows_it(catalog_id)


def _the_page_shows_it(catalog_id: str) -> None:
    lines = ("from pages.widgets.lift_panel import draw_lift", "from core.i18n import Translator")
    page = AppTest.from_string("\n".join((*lines, f'draw_lift("{catalog_id}", Translator("ko"))')), default_timeout=60)
    page.run()
    assert not page.exception
    verdicts = [box.value for box in (*page.success, *page.info, *page.error)]
    assert any("MRR" in verdict for verdict in verdicts)


def test_korean_courses_are_measured_too(app: Application) -> None:
    fields = ("역학", "광학", "문학", "법학", "통계", "미술", "음악", "지리")
    sides = ("역사", "이론", "실습", "비평", "응용")
    about = "중요한 원리와 여러 사례를 살펴보고 실제 문제에 적용하는 방법을 배웁니다. 결과를 발표하고 토론합니다."
    rows = [
        f"K{number},{field} {side},{field}과,{field}의 {side}에서 {about}"
        for number, (field, side) in enumerate(product(fields, sides))
    ]
    content = "\n".join(("학수번호,교과목명,학과,교과목 설명", *rows)).encode()
    korean = apply_catalog(app, preview_catalog(app, content, "korean.csv")).catalog_id
    job = start_lift(app, korean, courses=COURSES, options=FAKE)
    assert app.job_service.wait(job.job_id, SECONDS).status is JobStatus.SUCCEEDED
    view = latest_lift(app, korean)
    assert view is not None and view.about["courses"] == COURSES
    assert view.about["prompt_version"].startswith("ko")
    tfidf = next(each for each in view.figures if each.text is LiftText.TFIDF)
    assert tfidf.reciprocal_rank.mean > 0.5  # particles do not keep Korean words from being found


def test_a_measurement_can_be_cancelled(app: Application, catalog_id: str) -> None:
    slow = EnhancementOptions(engine="fake", model_ref="fake:delay=0.5")
    job = start_lift(app, catalog_id, courses=COURSES, options=slow)
    cancel_job(app, job.job_id)
    assert app.job_service.wait(job.job_id, SECONDS).status is JobStatus.CANCELLED
    assert latest_lift(app, catalog_id) is None


def test_too_few_descriptions_are_refused_in_words(app: Application) -> None:
    rows = "code,title,description\n" + "\n".join(f"C{n},Subject {n}," for n in range(40))
    small = apply_catalog(app, preview_catalog(app, rows.encode(), "small.csv")).catalog_id
    with pytest.raises(JobError, match="only 0 courses"):
        start_lift(app, small, options=FAKE)
