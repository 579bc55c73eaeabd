"""Weights, students and settings, and each page of the second half before and after there are data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.backup import list_backups
from core.pipeline.recommendation import latest_run, list_weight_sets, published_weights, recommend, save_weights
from core.pipeline.releases import publish
from core.pipeline.review import approve, review_queue
from core.pipeline.settings import change_settings, read_settings
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.students import student_view
from core.records import JobKind
from pages.widgets import recommendation_steps
from tests.pages_lab import (
    catalog_of,
    click,
    open_dashboard,
    open_page,
    run,
    shown,
)

PAGES = ("review", "weights", "students", "settings")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_before_the_first_upload(name: str, language: str, empty: Application) -> None:
    at = open_page(name, empty, language)
    assert at.title[0].value == Translator(language)(f"{name}.title")
    assert not at.error


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_with_data(name: str, language: str, seeded: Application) -> None:
    at = open_page(name, seeded, language)
    assert at.title[0].value == Translator(language)(f"{name}.title")
    assert not at.error


def test_sliders_start_at_the_weights_in_force(seeded: Application, language: str) -> None:
    at = open_page("weights", seeded, language)
    assert at.slider(key="weight_department").value == 70
    assert at.slider(key="weight_interest").value == 30


def test_a_preset_moves_the_sliders_and_shows_the_effective_weights(seeded: Application) -> None:
    at = click(open_page("weights", seeded), "weights_preset_100_0")
    sliders = {slider.key: slider for slider in at.slider}
    assert (sliders["weight_department"].value, sliders["weight_interest"].value) == (100, 0)
    sliders["weight_interest"].set_value(100)
    run(at)
    assert "**50%**" in at.slider(key="weight_department").label
    assert len(at.metric) == 6


def test_all_sliders_at_zero_get_a_sentence_not_an_error(seeded: Application) -> None:
    at = open_page("weights", seeded)
    at.slider(key="weight_department").set_value(0)
    at.slider(key="weight_interest").set_value(0)
    run(at)
    assert Translator("en")("weights.all_zero") in shown(at)


def test_saved_weights_are_published_and_all_lists_stored(seeded: Application) -> None:
    at = open_page("weights", seeded)
    click(at, "weights_preset_50_50")
    at.text_input(key="weights_name").set_value("Half and half")
    click(at, "weights_save")
    assert published_weights(seeded, catalog_of(seeded))["interest"] == pytest.approx(0.5)
    run_report = latest_run(seeded, catalog_of(seeded))
    assert run_report is not None
    assert (run_report.students, run_report.weight_set.name) == (3, "Half and half")


def test_someone_elses_newer_version_is_not_overwritten(seeded: Application) -> None:
    at = open_page("weights", seeded)
    catalog_id = catalog_of(seeded)
    save_weights(seeded, catalog_id, "Mine", {"department": 1.0}, author="Lee")
    at.text_input(key="weights_name").set_value("Mine")
    at.button(key="weights_save").click()
    at.run()
    versions = [each.version for each in list_weight_sets(seeded, catalog_id) if each.name == "Mine"]
    assert max(versions) <= 2
    assert len(versions) == len(set(versions))


def test_the_ladder_tries_the_five_settings_of_the_report(seeded: Application, language: str) -> None:
    at = open_page("weights", seeded, language)
    at.session_state["weights_view"] = "sweeps"
    run(at)
    click(at, "weights_run_sweep")
    assert list(at.dataframe[0].value.iloc[:, 0]) == ["30:70", "50:50", "70:30", "80:20", "100:0"]


def test_ids_are_masked_until_a_reason_is_given_and_that_is_logged(seeded: Application) -> None:
    at = open_page("students", seeded)
    pseudonyms = [student.student_id for student in seeded.students.all()]
    assert list(at.dataframe[0].value.iloc[:, 0]) == pseudonyms
    at.toggle(key="students_unmask").set_value(True)
    run(at)
    assert "S-000001" not in at.dataframe[0].value.to_string()
    assert [entry.action for entry in seeded.access_log.list()] == ["list"]
    at.text_input(key="students_unmask_reason").set_value("advising")
    run(at)
    assert sorted(at.dataframe[0].value.iloc[:, 0]) == ["S-000001", "S-000002", "S-000003"]
    entry = seeded.access_log.list()[0]
    assert (entry.action, entry.actor, entry.reason) == ("unmask", "Kim", "advising")
    assert entry.subjects == tuple(pseudonyms)
    run(at)
    assert [entry.action for entry in seeded.access_log.list()] == ["unmask", "list"]


def test_a_reason_with_a_number_shows_nobody_and_can_be_mended(seeded: Application, whole_dashboard: None) -> None:
    at = open_dashboard("students")
    at.toggle(key="students_unmask").set_value(True)
    run(at)
    at.text_input(key="students_unmask_reason").set_value("advising S-000001")
    run(at)
    assert "without the number" in at.error[0].value
    assert not at.dataframe
    at.text_input(key="students_unmask_reason").set_value("advising")
    run(at)
    assert "S-000001" in at.dataframe[0].value.to_string()
    assert "S-0000" not in "".join(entry.reason for entry in seeded.access_log.list())


def test_looking_at_one_student_is_written_down_once_a_session(
    seeded: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = seeded.students.list(limit=1)[0]
    monkeypatch.setattr("pages.widgets.student_list.draw_list", lambda catalog_id, t: student)
    at = open_page("students", seeded).run()
    assert not at.exception
    entries = [(entry.action, entry.subjects, entry.actor) for entry in seeded.access_log.list()]
    assert entries == [("look", (student.student_id,), "Kim")]


def test_outdated_lists_are_named_and_later_students_get_one_made_now(
    seeded: Application, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t, catalog_id = Translator(language), catalog_of(seeded)
    warning = t("students.outdated", changes=t("tuning.replay.changed_data_version"), button=t("weights.recompute"))
    recommend(seeded, catalog_id, {"department": 1, "level": 1})
    assert warning not in shown(open_page("students", seeded, language))
    later = b"student_id,department,interests\nS-000001,,light\nS-000009,Physics,light\n"  # no years
    apply_students(seeded, preview_students(seeded, later, "s.csv", catalog_id=catalog_id))
    at = open_page("students", seeded, language)  # with the export of all lists
    assert t("students.lists_outdated", changes=t("tuning.replay.changed_data_version")) in shown(at)
    for number in ("S-000001", "S-000009"):
        student = seeded.students.get(seeded.students.id_of(number))
        monkeypatch.setattr("pages.widgets.student_list.draw_list", lambda catalog_id, t, it=student: it)
        at = open_page("students", seeded, language)
        assert warning in shown(at)
        assert t("students.empty_list") not in shown(at)


def test_outdated_lists_are_named_beside_the_button_that_makes_them_anew(seeded: Application, language: str) -> None:
    t, catalog_id = Translator(language), catalog_of(seeded)
    recommend(seeded, catalog_id)
    without_one = b"student_id,department,interests\nS-000001,Physics,light\n"
    apply_students(seeded, preview_students(seeded, without_one, "s.csv", catalog_id=catalog_id))
    warning = t("students.lists_outdated", changes=t("tuning.replay.changed_data_version"))
    at = open_page("weights", seeded, language)
    assert (warning in shown(at), at.button(key="weights_recompute").proto.type) == (True, "primary")
    click(at, "weights_recompute")
    assert (warning in shown(at), at.button(key="weights_recompute").proto.type) == (False, "secondary")


def test_students_can_be_searched(seeded: Application) -> None:
    at = open_page("students", seeded)
    at.text_input(key="students_search").set_value("theatre")
    run(at)
    assert list(at.dataframe[0].value.iloc[:, 0]) == [seeded.students.id_of("S-000003")]


def test_a_number_is_searched_for_with_a_reason_only_and_every_search_is_logged(
    seeded: Application, language: str
) -> None:
    def found() -> list[tuple[str, ...]]:
        entries = reversed(seeded.access_log.list())
        return [(*entry.subjects, entry.reason) for entry in entries if entry.action == "find"]

    at = open_page("students", seeded, language)
    at.text_input(key="students_search").set_value("S-000001")
    run(at)
    assert not at.dataframe
    assert Translator(language)("students.numbers_need_reason") in [caption.value for caption in at.caption]
    assert found() == []
    at.toggle(key="students_unmask").set_value(True)
    run(at)
    at.text_input(key="students_unmask_reason").set_value("advising")
    run(at)
    run(at)
    assert list(at.dataframe[0].value.iloc[:, 0]) == ["S-000001"]
    at.text_input(key="students_search").set_value("S-000009")
    run(at)
    assert found() == [(seeded.students.id_of("S-000001"), "advising"), ("advising",)]


def test_new_texts_have_to_be_embedded_before_weights_are_tuned(seeded: Application, language: str) -> None:
    catalog_id = catalog_of(seeded)
    first = review_queue(seeded, catalog_id).items[0].enhancement
    approve(seeded, [first.enhancement_id], by="Kim")
    publish(seeded, catalog_id, by="Kim")
    at = open_page("weights", seeded, language)
    assert Translator(language)("weights.embed", count=1) in [button.label for button in at.button]
    assert not at.slider


@pytest.mark.parametrize("name", ["weights", "students"])
def test_lists_do_not_wait_for_vectors_of_drafts(
    seeded: Application, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    jobs = seeded.jobs.list(kind=JobKind.EMBED)
    monkeypatch.setattr(recommendation_steps, "active_job", lambda *_: jobs[0])
    at = open_page(name, seeded)
    assert Translator("en")("weights.embedding") not in shown(at)
    assert at.slider if name == "weights" else at.dataframe


def test_the_name_of_whoever_works_is_stored(seeded: Application, language: str) -> None:
    at = open_page("settings", seeded, language)
    at.text_input(key="settings_actor").set_value(" Lee ")
    click(at, "settings_save_person")
    assert read_settings(seeded).actor == "Lee"


def test_an_unknown_model_is_refused_with_a_sentence(seeded: Application) -> None:
    at = open_page("settings", seeded)
    at.text_input(key="settings_generation_model").set_value("/nowhere/model")
    at.button(key="settings_save_models").click()
    at.run()
    assert read_settings(seeded).generation_model != "/nowhere/model"


def test_a_deletion_leaves_neither_its_reason_nor_its_certainty_for_the_next_one(seeded: Application) -> None:
    at = open_page("settings", seeded)
    at.text_input(key="deletion_number_0").set_value("S-000001")
    at.text_input(key="deletion_reason_one_0").set_value("asked for it")
    at.checkbox(key="deletion_sure_one_0").check()
    click(run(at), "deletion_one")
    assert seeded.students.count() == 2
    at.text_input(key="deletion_number_1").set_value("S-000002")
    assert run(at).button(key="deletion_one").disabled
    assert not (at.text_input(key="deletion_reason_one_1").value or at.checkbox(key="deletion_sure_one_1").value)


def test_saved_settings_take_nothing_back_that_another_person_chose_meanwhile(
    seeded: Application, language: str
) -> None:
    at = open_page("settings", seeded, language)
    theirs = replace(read_settings(seeded), embedding_model="fake:theirs", precision="bfloat16", actor="Lee")
    change_settings(seeded, theirs)
    for _ in range(2):
        at.number_input(key="option_tokens").set_value(99)
        click(at, "settings_save_models")
        assert Translator(language)("settings.changed_meanwhile") in [each.value for each in at.toast]
        assert read_settings(seeded) == theirs
    at = open_page("settings", seeded, language)
    for tokens in (99, 101):
        at.number_input(key="option_tokens").set_value(tokens)
        click(at, "settings_save_models")
        generation = replace(theirs.generation, max_new_tokens=tokens)
        assert read_settings(seeded) == replace(theirs, generation=generation)


def test_a_backup_is_listed_and_restoring_asks_first(seeded: Application) -> None:
    at = click(open_page("settings", seeded), "settings_backup")
    (backup,) = list_backups(seeded)
    change_settings(seeded, replace(read_settings(seeded), actor="Changed later"))
    click(at, f"settings_restore_{backup.path.stem}")
    assert Translator("en")("settings.restore_note") in shown(at)
    assert read_settings(seeded).actor == "Changed later"


def test_settings_say_that_nothing_leaves_the_machine(empty: Application, language: str) -> None:
    statement = Translator(language)("settings.privacy_text").strip()
    assert statement in [part.value.strip() for part in open_page("settings", empty, language).markdown]


def test_a_stored_list_is_explained_by_contributions_that_add_up(seeded: Application) -> None:
    catalog_id = catalog_of(seeded)
    recommend(seeded, catalog_id)
    view = student_view(seeded, catalog_id, seeded.students.id_of("S-000001"))
    assert view.recommendations
    for place in view.recommendations:
        assert sum(each.amount for each in place.contributions) == pytest.approx(place.score, abs=1e-6)
