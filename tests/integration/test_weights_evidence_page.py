"""Evidence, suggestions and options of the weights page, run by Streamlit's own tester on a real database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import PROJECT_FOLDER, Config
from core.embedding.fake_encoder import FakeEncoder
from core.i18n import LANGUAGES, Translator
from core.pipeline.application import Application
from core.pipeline.embedding import catalog_texts
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.recommendation import (
    latest_run,
    list_weight_sets,
    publish_weights,
    published_options,
    recommend,
    save_weights,
)
from core.pipeline.settings import change_settings, read_settings
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.students import student_view
from core.recommendation.options import Grouping, ListOptions
from core.records import CourseKind
from core.storage.journal_batch import Embedding
from pages.widgets.picking import table_key
from pages.widgets.session import application

DEPARTMENTS = ("Mathematics", "Physics")
TIMEOUT_SECONDS = 60


@pytest.fixture(scope="module")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 courses, two of them activities, and 40 students who took three each."""
    home = tmp_path_factory.mktemp("seeded")
    courses = [f"{name[:2]}{number},{name} {number},{name}" for name in DEPARTMENTS for number in range(100, 112)]
    rows = []
    for index in range(40):
        name = DEPARTMENTS[index % 2]
        taken = ";".join(f"{name[:2]}{100 + (index + step) % 12}" for step in (0, 3, 5))
        rows.append(f"S-{index:06d},{name},{index % 3 + 1},{DEPARTMENTS[index % 3 % 2]},{taken}")
    with Application(Config(home), watch_jobs=False) as app:
        change_settings(app, replace(read_settings(app), actor="Kim", embedding_model="fake:"))
        catalog = "\n".join(["code,title,department", *courses]).encode()
        catalog_id = apply_catalog(app, preview_catalog(app, catalog, "c.csv"), name="Test").catalog_id
        for course in app.catalogs.courses(catalog_id)[:2]:
            app.catalogs.update_course(catalog_id, replace(course, kind=CourseKind.ACTIVITY))
        students = "\n".join(["student_id,department,year,interests,taken courses", *rows]).encode()
        apply_students(app, preview_students(app, students, "s.csv", catalog_id=catalog_id))
        encoder = FakeEncoder()
        app.embeddings.put(
            [
                Embedding("fake:", key, np.asarray(encoder.encode_batch([text], role=role)[0], np.float32))
                for key, (text, role) in catalog_texts(app, catalog_id).texts.items()
            ]
        )
    return home


@pytest.fixture
def seeded(seeded_home: Path, own_state_folder: Path) -> Iterator[Application]:
    """This test's own copy of the seeded state folder, opened by the pages' own application."""
    shutil.copytree(seeded_home, own_state_folder, dirs_exist_ok=True)
    yield application()
    application().close()
    st.cache_resource.clear()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def catalog_of(app: Application) -> str:
    return app.catalogs.list()[0].catalog_id


def open_weights(app: Application, language: str = "en", view: str = "tune") -> AppTest:
    at = AppTest.from_file(PROJECT_FOLDER / "pages" / "weights.py", default_timeout=TIMEOUT_SECONDS)
    at.session_state["language"] = language
    at.session_state["catalog_id"] = catalog_of(app)
    at.session_state["weights_view"] = view
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    assert not at.error, [each.value for each in at.error]
    return at


def click(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click()
    return run(at)


def table(at: AppTest, column: str) -> list[object]:
    """The values of a column, from the last table that has it."""
    return [list(each.value[column]) for each in at.dataframe if column in each.value.columns][-1]


def test_the_same_weights_are_said_to_make_no_difference(seeded: Application, language: str) -> None:
    t = Translator(language)
    at = click(open_weights(seeded, language, "evidence"), "weights_measure")
    assert table(at, t("tuning.figure")) == ["nDCG@10", t("tuning.measure_recall", k=10), "MRR"]
    assert table(at, t("tuning.verdict")) == [t("recommendation.verdict.no_difference")] * 3


def test_evidence_says_when_the_sliders_moved_since(seeded: Application) -> None:
    at = open_weights(seeded, view="evidence")
    at.session_state["weight_interest"] = 100
    click(at, "weights_measure")
    outdated = Translator("en")("tuning.outdated")
    assert not any(outdated in each.value for each in at.caption)
    at.session_state["weight_interest"] = 10
    run(at)
    assert any(outdated in each.value for each in at.caption)


def test_suggestions_are_a_frontier(seeded: Application, language: str) -> None:
    t = Translator(language)
    at = click(open_weights(seeded, language, "evidence"), "weights_suggest")
    quality = [float(value) for value in table(at, t("tuning.quality_history"))]
    coverage = [float(value.rstrip("%")) for value in table(at, t("weights.coverage"))]
    assert quality == sorted(quality, reverse=True)
    assert coverage == sorted(coverage)


def test_without_history_nothing_is_measured_but_weights_are_suggested(seeded: Application) -> None:
    students = b"student_id,department,year,interests\nS-1,Physics,1,Mathematics\n"
    apply_students(seeded, preview_students(seeded, students, "s.csv", catalog_id=catalog_of(seeded)))
    at = open_weights(seeded, view="evidence")
    assert Translator("en")("tuning.no_history") in [each.value for each in at.info]
    assert "weights_measure" not in {button.key for button in at.button}
    assert table(click(at, "weights_suggest"), Translator("en")("tuning.quality_interest"))


def test_what_is_not_known_is_a_dash_and_no_number(seeded: Application, language: str) -> None:
    t, catalog_id = Translator(language), catalog_of(seeded)
    students = b"student_id,department,year,interests\nS-1,,1,Mathematics\nS-2,,,\n"
    apply_students(seeded, preview_students(seeded, students, "s.csv", catalog_id=catalog_id))
    at = click(open_weights(seeded, language, "evidence"), "weights_suggest")
    assert set(table(at, t("weights.own_department"))) == {"–"}
    assert "nan" not in table(at, t("tuning.quality_interest"))
    sets = [save_weights(seeded, catalog_id, name, {"interest": 1}, author="Kim") for name in "ab"]
    rows = table_key("weights_sets", [each.weight_set_id for each in list_weight_sets(seeded, catalog_id)])
    at.session_state[rows] = {"selection": {"rows": [0, 1]}}
    at.session_state["weights_view"] = "saved"
    assert "–" in table(run(at), f"{sets[0].name} · 1")
    assert not any("nan" in str(frame.value) for frame in at.dataframe)


def test_options_are_stored_with_the_set_and_make_its_lists(seeded: Application) -> None:
    at = open_weights(seeded)
    at.slider(key="options_variety").set_value(30)
    at.number_input(key="options_cap").set_value(4)
    at.selectbox(key="options_grouping").set_value(Grouping.APART)
    at.selectbox(key="options_years").set_value(1)
    run(at)
    at.text_input(key="weights_name").set_value("Varied")
    click(at, "weights_save")
    assert published_options(seeded, catalog_of(seeded)) == ListOptions(0.3, 4, Grouping.APART, (), 1)
    report = latest_run(seeded, catalog_of(seeded))
    assert report is not None
    assert report.top_k == 20
    places = student_view(seeded, catalog_of(seeded), seeded.students.id_of("S-000005")).recommendations
    assert {place.course.kind for place in places if place.rank <= 10} == {CourseKind.COURSE}
    activities = [place for place in places if place.rank > 10]
    assert {place.course.kind for place in activities} == {CourseKind.ACTIVITY}
    assert [place.number for place in activities] == list(range(1, len(activities) + 1))


def test_a_list_of_kinds_apart_is_shown_in_two_parts(seeded: Application, language: str) -> None:
    t, catalog_id = Translator(language), catalog_of(seeded)
    apart = ListOptions(grouping=Grouping.APART)
    saved = save_weights(seeded, catalog_id, "A", {"interest": 1}, author="Lee", options=apart)
    publish_weights(seeded, saved.weight_set_id)
    recommend(seeded, catalog_id)

    def page(catalog_id: str, language: str) -> None:
        from core.i18n import Translator
        from pages.widgets.session import application
        from pages.widgets.student_view import draw_student

        students = application().students
        draw_student(catalog_id, students.get(students.id_of("S-000005")), Translator(language))

    at = run(AppTest.from_function(page, args=(catalog_id, language), default_timeout=TIMEOUT_SECONDS))
    parts = [each.value for each in at.markdown if each.value.startswith("#### ")]
    assert parts == [f"#### {t('tuning.part_course')}", f"#### {t('tuning.part_activity')}"]


def test_after_somebody_else_saved_nothing_set_is_lost_and_saving_again_makes_the_next_version(
    seeded: Application,
) -> None:
    catalog_id = catalog_of(seeded)
    at = open_weights(seeded)
    at.slider(key="weight_interest").set_value(90)
    run(at)
    save_weights(seeded, catalog_id, "Ours", {"interest": 1.0}, author="Lee")
    at.text_input(key="weights_name").set_value("Ours")
    at = click(at, "weights_save")
    assert any("Lee" in warning.value for warning in at.warning)
    assert at.slider(key="weight_interest").value == 90
    at.text_input(key="weights_name").set_value("Ours")
    click(at, "weights_save")
    newest, earlier = (each for each in list_weight_sets(seeded, catalog_id) if each.name == "Ours")
    assert (newest.version, earlier.version, earlier.author) == (2, 1, "Lee")


def test_resetting_brings_the_options_in_force_back(seeded: Application) -> None:
    at = open_weights(seeded)
    at.number_input(key="options_cap").set_value(2)
    run(at)
    click(at, "weights_reset")
    assert at.number_input(key="options_cap").value == 0


def test_saved_weights_that_nobody_moved_since_change_no_list(seeded: Application) -> None:
    unchanged = Translator("en")("weights.no_churn")
    at = open_weights(seeded)
    for signal, weight in {"department": 100, "interest": 0, "history": 99, "popularity": 1}.items():
        at.slider(key=f"weight_{signal}").set_value(weight)  # a slider shows popularity's 0.5 % as 0
    assert unchanged not in [each.value for each in run(at).info]
    at.text_input(key="weights_name").set_value("Ours")
    click(at, "weights_save")
    click(at, "weights_reset")
    assert unchanged in [each.value for each in at.info]


def test_saved_sets_say_their_options(seeded: Application, language: str) -> None:
    t, catalog_id = Translator(language), catalog_of(seeded)
    save_weights(seeded, catalog_id, "A", {"interest": 1}, author="Lee", options=ListOptions(department_cap=3))
    at = open_weights(seeded, language, "saved")
    assert table(at, t("tuning.options")) == [t("tuning.cap_said", count=3)]
    assert table(at, t("weights.author")) == ["Lee"]


def test_effects_are_told_by_department_and_year(seeded: Application, language: str) -> None:
    t = Translator(language)
    at = open_weights(seeded, language)
    at.session_state["weights_groups_box"] = True
    click(at, "weights_preset_30_70")
    assert table(at, t("tuning.group_department")) == list(DEPARTMENTS)
    assert table(at, t("tuning.students")) == [20, 20]
    at.session_state["weights_groups_by"] = "year"
    run(at)
    assert table(at, t("tuning.group_year")) == ["1", "2", "3"]
