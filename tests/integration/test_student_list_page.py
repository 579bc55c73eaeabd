"""The list of students on its page: which page of it is shown, and who is opened."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.student_intake import apply_students, preview_students
from pages.widgets import student_list
from pages.widgets.display import plain
from pages.widgets.picking import table_key
from tests.pages_lab import catalog_of, click, open_page, run, shown

DEPARTMENTS = ("Mathematics", "Physics", "Physics")


@pytest.fixture(autouse=True)
def nine_students_four_a_page(seeded: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(student_list, "PAGE_SIZE", 4)
    rows = [f"S-{number},{DEPARTMENTS[number % 3]},1,number {number}" for number in range(9)]
    students = "\n".join(["student_id,department,year,interests", *rows]).encode()
    apply_students(seeded, preview_students(seeded, students, "s.csv", catalog_id=catalog_of(seeded)))


def listed(at: AppTest) -> list[str]:
    """The pseudonyms in the list."""
    return list(at.dataframe[0].value.iloc[:, 0])


def on_last_page(app: Application) -> AppTest:
    at = open_page("students", app)
    at.number_input(key="students_page").set_value(3)
    assert len(listed(run(at))) == 1
    return at


def test_a_search_begins_at_its_first_page(seeded: Application) -> None:
    at = on_last_page(seeded)
    at.selectbox(key="students_department").set_value("Physics")
    assert len(listed(run(at))) == 4
    assert at.number_input(key="students_page").value == 1
    at.text_input(key="students_search").set_value("number 4")
    assert listed(run(at)) == [seeded.students.id_of("S-4")]


def test_when_students_went_the_last_page_is_shown(seeded: Application) -> None:
    at = on_last_page(seeded)
    students = b"student_id,department,year\n" + b"\n".join(b"S-%d,Physics,1" % number for number in range(6))
    apply_students(seeded, preview_students(seeded, students, "s.csv", catalog_id=catalog_of(seeded)))
    assert len(listed(run(at))) == 2
    assert at.number_input(key="students_page").value == 2


@pytest.mark.parametrize("move", ["search", "page"])
def test_nobody_is_opened_by_a_search_or_another_page(seeded: Application, move: str) -> None:
    nobody = Translator("en")("students.pick_one")
    at = open_page("students", seeded)
    at.session_state[table_key("students_table", listed(at))] = {"selection": {"rows": [0]}}
    assert nobody not in shown(run(at))
    if move == "search":
        at.text_input(key="students_search").set_value(at.dataframe[0].value.iloc[1, 3])  # interests of the second
    else:
        at.number_input(key="students_page").set_value(2)
    assert nobody in shown(run(at))


def test_synthetic_students_take_the_place_of_others_only_when_that_is_agreed(seeded: Application) -> None:
    at = open_page("students", seeded)
    at.session_state["students_view"] = "upload"
    assert run(at).button(key="students_load_sample").disabled
    assert at.checkbox(key="students_sample_replaces").label == Translator("en")("students.replaces", count=9)
    at.checkbox(key="students_sample_replaces").check()
    assert not run(at).button(key="students_load_sample").disabled
    seeded.students.replace_all([])
    assert not open_page("students", seeded).button(key="students_load_sample").disabled


def test_a_number_that_nobody_had_is_looked_up_again_after_the_next_upload(seeded: Application) -> None:
    at = open_page("students", seeded)
    at.toggle(key="students_unmask").set_value(True)
    run(at).text_input(key="students_unmask_reason").set_value("advising")
    at.text_input(key="students_search").set_value("N-77")
    assert Translator("en")("students.none_found") in [each.value for each in run(at).info]
    file = b"student_id,department,year\nN-77,Physics,1\n"
    apply_students(seeded, preview_students(seeded, file, "s.csv", catalog_id=catalog_of(seeded)))
    assert listed(run(at)) == ["N-77"]


def test_students_whom_a_colleague_imported_are_shown_before_they_are_replaced(seeded: Application) -> None:
    at = open_page("students", seeded)
    at.session_state["students_view"] = "upload"
    run(at).file_uploader(key="students_file").upload("mine.csv", b"student_id,department\nS-9,Physics\n", "text/csv")
    run(at)
    theirs = b"student_id,department\nT-1,Physics\nT-2,Physics\n"
    apply_students(seeded, preview_students(seeded, theirs, "theirs.csv"))
    click(at, "students_apply")
    t = Translator("en")
    warned = [plain(t("pipeline.error.students_meanwhile")), t("students.replaces", count=2)]
    assert [warning.value for warning in at.warning] == warned
    assert seeded.students.count() == 2
    click(at, "students_apply")
    assert seeded.students.count() == 1
