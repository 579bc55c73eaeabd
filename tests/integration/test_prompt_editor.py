"""The prompts of the settings page: edit, preview, try, save, put to use, go back; on a real database."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import PROJECT_FOLDER
from core.enhancement.builtin_prompts import ENGLISH, KOREAN
from core.i18n import LANGUAGES, Translator
from core.pipeline.application import Application
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.prompts import default_prompt, make_default, prompt_versions, save_prompt
from core.pipeline.settings import Settings, change_settings, read_settings
from pages.widgets.session import application

TIMEOUT_SECONDS = 60
CATALOG = (
    "code,title,department,description\nPH1,Optics,Physics,Light and lenses.\nPH2,Acoustics,Physics,\nMA1,Sets,Maths,\n"
)
KOREAN_CATALOG = "교과목코드,교과목명,학과,교과목개요\nHI1,한국 근대사,사학과,\nHI2,조선의 예술,사학과,그림과 도자기.\n"


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    opened = application()
    change_settings(opened, _with_fake(opened))
    yield opened
    opened.close()
    st.cache_resource.clear()


def _with_fake(opened: Application) -> Settings:
    return replace(read_settings(opened), engine="fake", generation_model="fake:", actor="kim")


def open_page(app: Application, content: str, language: str) -> AppTest:
    catalog = apply_catalog(app, preview_catalog(app, content.encode(), "term.csv"))
    at = AppTest.from_file(PROJECT_FOLDER / "pages" / "settings.py", default_timeout=TIMEOUT_SECONDS)
    at.session_state["language"] = language
    at.session_state["catalog_id"] = catalog.catalog_id
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    assert not at.error
    return at


def shown(at: AppTest) -> str:
    return "\n".join(block.value for block in at.code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edited_prompt_is_previewed_saved_used_and_taken_back(app: Application, language: str) -> None:
    at = open_page(app, CATALOG, language)
    assert at.text_area(key="prompt_system_en_0").value == ENGLISH.system
    assert ENGLISH.system in shown(at)
    at.text_area(key="prompt_system_en_0").set_value("You write in one plain sentence.")
    run(at)
    assert "one plain sentence" in shown(at)
    at.text_input(key="prompt_note").set_value("plainer")
    at.button(key="prompt_save").click()
    run(at)
    newest = prompt_versions(app, "en")[0]
    assert (newest.number, newest.note, newest.author) == (1, "plainer", "kim")
    assert at.selectbox(key="prompt_version_en").value == 1
    assert default_prompt(app, "en").number == 0
    at.button(key="prompt_use").click()
    run(at)
    assert default_prompt(app, "en").number == 1
    at.button(key="prompt_back_0").click()
    run(at)
    assert default_prompt(app, "en").number == 0


def test_going_back_goes_where_the_button_said_or_nowhere(app: Application) -> None:
    for note in ("first", "second"):
        save_prompt(app, replace(ENGLISH, system=f"You write the {note} way."), note)
    make_default(app, "en", 1)
    at = open_page(app, CATALOG, "en")
    make_default(app, "en", 2)  # by another person
    next(button for button in at.button if button.label == Translator("en")("prompts.roll_back", number=0)).click()
    run(at)
    assert default_prompt(app, "en").number == 2


def test_a_mistake_is_explained_and_nothing_can_be_saved(app: Application) -> None:
    at = open_page(app, CATALOG, "en")
    at.text_area(key="prompt_request_en_0").set_value("Describe {title}: {description}")
    run(at)
    assert any("<<<" in warning.value.replace("\\", "") for warning in at.warning)
    assert not [button for button in at.button if button.key == "prompt_save"]


def test_an_unsaved_korean_prompt_is_tried_on_korean_courses(app: Application) -> None:
    at = open_page(app, KOREAN_CATALOG, "ko")
    assert at.text_area(key="prompt_system_ko_0").value == KOREAN.system
    at.text_area(key="prompt_system_ko_0").set_value("두 문장으로 씁니다.")
    run(at)
    at.button(key="prompt_try").click()
    run(at)
    job = at.session_state["prompt_trial_job"]
    app.job_service.wait(job, 60)
    run(at)
    drafts = app.enhancements.of_job(job)
    assert len(drafts) == 2
    assert all(draft.provenance.prompt_version.startswith("ko-trial-") for draft in drafts)
    bodies = " ".join(re.sub("<[^>]+>", "", html.unescape(block.proto.body)) for block in at.get("html"))
    assert all(draft.text in bodies for draft in drafts)
    assert [version.number for version in prompt_versions(app, "ko")] == [0]
