"""Publishing by clicking: the panel of the Review page, and the step of the Weights page that does it first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import PROJECT_FOLDER
from core.i18n import LANGUAGES
from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.releases import list_releases
from core.records import JobKind
from pages.widgets.session import application
from tests.pages_lab import button_of, press_again
from tests.seeding import JOB_SECONDS, seed


@pytest.fixture(scope="module")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed(tmp_path_factory.mktemp("seeded"))


@pytest.fixture
def app(seeded_home: Path, own_state_folder: Path) -> Iterator[Application]:
    """The pages' own application on six courses with vectors, whose drafts have just been approved."""
    shutil.copytree(seeded_home, own_state_folder, dirs_exist_ok=True)
    opened = application()
    drafts = opened.enhancements.latest(catalog_of(opened)).values()
    review.approve(opened, [draft.enhancement_id for draft in drafts], by="Kim")
    yield opened
    opened.close()
    st.cache_resource.clear()


def catalog_of(app: Application) -> str:
    return app.catalogs.list()[0].catalog_id


def open_page(name: str, app: Application, language: str = "en", view: str = "") -> AppTest:
    at = AppTest.from_file(PROJECT_FOLDER / "pages" / f"{name}.py", default_timeout=60)
    at.session_state["language"] = language
    at.session_state["catalog_id"] = catalog_of(app)
    if view:
        at.session_state[f"{name}_view"] = view
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def click(at: AppTest, key: str) -> AppTest:
    button_of(at, key).click()
    return run(at)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_published_and_an_earlier_release_again(app: Application, language: str) -> None:
    catalog_id = catalog_of(app)
    at = open_page("review", app, language, "publish")
    at.text_input(key="release_name").set_value("autumn")
    click(at, "release_publish")
    (first,) = list_releases(app, catalog_id)
    assert (first.name, first.published_by, first.is_current) == ("autumn", "Kim", True)
    assert "release_publish" not in {button.key for button in at.button}  # there is nothing new to publish
    newest = next(iter(app.enhancements.published(catalog_id).values()))
    review.edit(app, newest.enhancement_id, "Other words about the same subject.", by="Kim")
    at = click(open_page("review", app, language, "publish"), "release_publish")
    identity = button_of(at, "release_again").id
    click(at, "release_again")
    press_again(at, identity)
    assert next(each.name for each in list_releases(app, catalog_id) if each.is_current) == "autumn"


def test_what_was_approved_after_the_page_was_drawn_is_not_published_unseen(app: Application) -> None:
    catalog_id = catalog_of(app)
    at = open_page("review", app, view="publish")
    rejected, *_ = app.enhancements.published(catalog_id).values()
    review.reject(app, [rejected.enhancement_id], by="Lee", reason="wrong after all")
    click(at, "release_publish")
    assert "has changed since this page was drawn" in at.error[0].value
    assert list_releases(app, catalog_id) == ()
    click(at, "release_publish")
    (made,) = list_releases(app, catalog_id)
    assert rejected.course_key not in app.releases.texts(made.release_id)


def test_the_name_of_a_release_loads_no_picture_when_it_is_published(app: Application) -> None:
    at = open_page("review", app, view="publish")
    at.text_input(key="release_name").set_value("![x](http://elsewhere.kr/x.png)")
    click(at, "release_publish")
    (toast,) = at.toast
    assert "![" not in toast.value
    assert "elsewhere" in toast.value


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_earlier_release_that_was_measured_to_harm_asks_first_and_says_why(app: Application, language: str) -> None:
    catalog_id = catalog_of(app)
    texts = app.enhancements.published(catalog_id).values()
    difference = {"mean": -0.126, "low": -0.2, "high": -0.05, "count": 250}
    lift = {"verdict": "harms", "strongest": "title_department", "difference": difference, "courses": 250}
    for name, stood_on in (("risky", lift), ("sound", {})):
        app.releases.create(
            catalog_id, tuple(texts), name=name, note="", by="Kim", embeds_generated=True, lift=stood_on
        )
    at = open_page("review", app, language, "publish")
    assert "-0.126" in " ".join(warning.value for warning in at.warning).replace("\\", "")
    assert button_of(at, "release_again").disabled
    next(box for box in at.checkbox if str(box.key).startswith("release_again_despite")).check()
    click(run(at), "release_again")
    assert next(each.name for each in list_releases(app, catalog_id) if each.is_current) == "risky"


def test_approved_texts_that_are_not_in_use_are_pointed_out_where_lists_are_made(app: Application) -> None:
    at = open_page("weights", app)
    assert "steps_review" in {button.key for button in at.button}


def test_the_first_vectors_come_with_a_first_release(app: Application) -> None:
    catalog_id = catalog_of(app)
    app.settings.set("settings", {**app.settings.get("settings"), "embedding_model": "fake:without-vectors"})
    at = open_page("weights", app)
    click(at, "embed_start")
    (release,) = list_releases(app, catalog_id)
    assert release.is_current and release.name
    job = next(job for job in app.jobs.list() if job.kind is JobKind.EMBED)
    assert app.job_service.wait(job.job_id, JOB_SECONDS).done > 0
