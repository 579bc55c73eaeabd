"""Wherever a generated text is shown, the words that its course does not have are marked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.i18n import LANGUAGES
from core.pipeline.application import Application
from core.pipeline.enhancement import try_on
from core.pipeline.export import ExportFormat, export_catalog
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.review import approve
from core.pipeline.settings import change_settings, read_settings
from core.records import Course
from pages.widgets.session import application

CATALOG = "교과목코드,교과목명,학과,교과목개요\nHI1,한국 근대사,사학과,개항 이후의 역사.\n"


def draw_course_words() -> None:
    """The script of the test page."""
    import streamlit as st

    from core.i18n import Translator
    from pages.widgets.course_words import draw_words
    from pages.widgets.enhance_live import draw_texts
    from pages.widgets.session import application

    t = Translator(st.session_state["language"])
    app = application()
    course = app.catalogs.course(st.session_state["catalog_id"], "HI1")
    if st.session_state["shown"] == "words":
        draw_words(course.catalog_id, course, t)
    else:
        draw_texts(app, st.session_state["job"], t)


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    opened = application()
    change_settings(opened, replace(read_settings(opened), engine="fake", generation_model="fake:"))
    yield opened
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def course(app: Application) -> Course:
    """A course with a text that the fake model wrote and somebody approved."""
    catalog = apply_catalog(app, preview_catalog(app, CATALOG.encode(), "term.csv")).catalog_id
    job = try_on(app, catalog, ["HI1"])
    app.job_service.wait(job.job_id, 60)
    approve(app, [app.enhancements.of_job(job.job_id)[0].enhancement_id], by="kim")
    return app.catalogs.course(catalog, "HI1")


@pytest.mark.parametrize("shown", ["words", "texts"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_models_words_carry_a_mark_on_the_page(app: Application, course: Course, language: str, shown: str) -> None:
    at = AppTest.from_function(draw_course_words, default_timeout=60)
    for name, value in {"language": language, "catalog_id": course.catalog_id, "shown": shown}.items():
        at.session_state[name] = value
    at.session_state["job"] = app.enhancements.latest(course.catalog_id)["HI1"].job_id
    at.run()
    assert not at.exception
    bodies = " ".join(block.proto.body for block in at.get("html"))
    assert "<mark" in bodies
    assert ">한국 근대사<" not in bodies  # words of the department carry none


def test_the_export_names_the_models_words(app: Application, course: Course) -> None:
    content = export_catalog(app, course.catalog_id, ExportFormat.CSV, "en").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content))
    added = row["Words that the department does not have"].split(", ")
    text = app.enhancements.published(course.catalog_id)["HI1"].text
    assert added
    assert all(word in text and word not in CATALOG for word in added)
