from __future__ import annotations

import errno

import pytest

from core.catalog.mapping import ColumnMapping
from core.errors import IntakeError, StorageError
from core.pipeline.application import Application
from core.pipeline.intake import apply_catalog, preview_catalog, problems_file, remap_catalog
from core.pipeline.samples import SAMPLES, load_sample
from core.pipeline.student_intake import apply_students, preview_students, remap_students
from core.pipeline.triage import read_triage
from core.records import DescriptionStatus, ReviewState


def test_a_preview_stores_nothing(app: Application, catalog_file: bytes) -> None:
    preview = preview_catalog(app, catalog_file, "spring term.csv")
    assert len(preview.intake.courses) == 6
    assert preview.diff is None
    assert preview.suggested_name == "spring term"
    assert app.catalogs.list() == []


def test_applying_stores_courses_bytes_and_verdicts(app: Application, catalog_file: bytes, catalog_id: str) -> None:
    stored = app.config.uploads_folder.iterdir()
    assert [path.read_bytes() for path in stored] == [catalog_file]
    report = read_triage(app, catalog_id)
    assert {item.course.course_key: item.triage.status for item in report.courses}[
        "MA1"
    ] is DescriptionStatus.SUFFICIENT
    assert report.statuses == {
        DescriptionStatus.MISSING: 3,
        DescriptionStatus.COPIES_TITLE: 1,
        DescriptionStatus.TOO_SHORT: 1,
        DescriptionStatus.SUFFICIENT: 1,
    }
    assert app.catalogs.course(catalog_id, "MA1").extra["room"] == "=1+1"


def test_the_mapping_is_remembered_for_the_next_file_of_the_same_shape(
    app: Application, catalog_file: bytes, catalog_id: str
) -> None:
    assert preview_catalog(app, catalog_file, "autumn.csv").was_remembered


def test_the_next_term_is_compared_before_it_is_stored(app: Application, catalog_file: bytes, catalog_id: str) -> None:
    following = catalog_file.replace(b"Sound and rooms.", b"Sound and rooms and instruments.").replace(
        b"HI2,Modern", b"HI3,Ancient"
    )
    preview = preview_catalog(app, following, "autumn.csv", catalog_id=catalog_id)
    assert preview.diff is not None
    assert [pair[1].course_key for pair in preview.diff.changed] == ["PH2"]
    done = apply_catalog(app, preview)
    assert (done.catalog_id, done.changed, done.unchanged) == (catalog_id, 1, 4)
    assert len(app.catalogs.courses(catalog_id)) == 6


def test_a_file_that_was_compared_before_another_import_is_not_applied(
    app: Application, catalog_file: bytes, catalog_id: str
) -> None:
    old = preview_catalog(app, catalog_file, "spring term.csv", catalog_id=catalog_id)
    following = catalog_file.replace(b"HI2,Modern", b"HI3,Ancient")
    apply_catalog(app, preview_catalog(app, following, "autumn.csv", catalog_id=catalog_id))
    with pytest.raises(IntakeError) as caught:
        apply_catalog(app, old)
    assert caught.value.message.key == "pipeline.error.imported_meanwhile"
    assert caught.value.message.params["file"] == "autumn.csv"
    assert "HI3" in {course.course_key for course in app.catalogs.courses(catalog_id)}
    assert len(app.catalogs.imports(catalog_id)) == 2
    again = remap_catalog(app, old, catalog_id=catalog_id)
    assert again.diff is not None
    assert [course.course_key for course in again.diff.removed] == ["HI3"]
    assert apply_catalog(app, again).removed == 1


def test_an_approval_becomes_stale_when_its_source_changes(
    app: Application, catalog_file: bytes, catalog_id: str, write
) -> None:
    draft = write("PH2")
    app.enhancements.decide([draft.enhancement_id], ReviewState.APPROVED, "kim")
    following = catalog_file.replace(b"Sound and rooms.", b"Sound and rooms and instruments.")
    apply_catalog(app, preview_catalog(app, following, "autumn.csv", catalog_id=catalog_id))
    assert app.enhancements.get(draft.enhancement_id).state is ReviewState.STALE


def test_another_mapping_is_shown_without_reading_again(app: Application, catalog_file: bytes) -> None:
    preview = preview_catalog(app, catalog_file, "spring.csv")
    fields = {**preview.mapping.fields, "category": "room"}
    changed = remap_catalog(app, preview, mapping=type(preview.mapping)(fields))
    assert changed.table is preview.table
    assert changed.intake.courses[1].category == "B2"


def test_two_new_catalogs_of_one_name_are_refused(app: Application, catalog_file: bytes, catalog_id: str) -> None:
    with pytest.raises(StorageError):
        apply_catalog(app, preview_catalog(app, catalog_file, "spring term.csv"))


def test_a_file_that_is_not_there_is_one_sentence(app: Application, tmp_path) -> None:
    with pytest.raises(IntakeError, match="cannot be read"):
        preview_catalog(app, tmp_path / "nothing.csv", "nothing.csv")


def test_problems_can_be_taken_away_in_korean(app: Application, catalog_file: bytes) -> None:
    preview = preview_catalog(app, catalog_file + b",,,,\nXX,,Physics,text,\n", "spring.csv")
    assert preview.problems
    assert problems_file(preview.problems, "ko").startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("is_remapped", [False, True])
def test_students_whom_somebody_imported_meanwhile_are_not_replaced(
    app: Application, student_file: bytes, catalog_id: str, students: int, is_remapped: bool
) -> None:
    preview = preview_students(app, b"student_id,department\nS9,Physics\n", "mine.csv", catalog_id=catalog_id)
    apply_students(app, preview_students(app, student_file, "theirs.csv", catalog_id=catalog_id))
    if is_remapped:
        preview = remap_students(app, preview, ColumnMapping({"student_id": "student_id"}), catalog_id=catalog_id)
    with pytest.raises(IntakeError, match="imported students after"):
        apply_students(app, preview)
    assert app.students.count() == 3


def test_students_are_stored_with_their_history(
    app: Application, student_file: bytes, catalog_id: str, students: int
) -> None:
    assert students == 3
    assert app.students.get(app.students.id_of("S1")).taken_course_keys == ("MA1",)
    preview = preview_students(app, student_file, "students.csv", catalog_id=catalog_id)
    assert preview.was_remembered
    assert preview.stored_students == 3
    assert apply_students(app, preview).interests == 4


def test_a_sample_is_loaded_once_and_then_brought_up_to_date(app: Application) -> None:
    first = load_sample(app, "ko_free", "ko")
    again = load_sample(app, "ko_free", "en")
    assert first.catalog_id == again.catalog_id
    assert again.unchanged == first.courses == 100
    assert [catalog.is_sample for catalog in app.catalogs.list()] == [True]


def test_all_samples_are_there() -> None:
    assert all(sample.path.is_file() for sample in SAMPLES)


def test_an_unknown_sample_is_refused(app: Application) -> None:
    with pytest.raises(IntakeError, match="rpi"):
        load_sample(app, "nope")


@pytest.mark.parametrize(("number", "key"), [(errno.ENOSPC, "disk_full"), (errno.EACCES, "folder_unusable")])
def test_an_upload_that_cannot_be_kept_is_a_sentence_and_stores_nothing(
    app: Application, catalog_file: bytes, monkeypatch: pytest.MonkeyPatch, number: int, key: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "refused")

    preview = preview_catalog(app, catalog_file, "spring term.csv")
    monkeypatch.setattr("core.pipeline.intake.write_atomically", refuse)
    with pytest.raises(StorageError) as caught:
        apply_catalog(app, preview)
    assert caught.value.message.key == f"storage.{key}"
    assert app.catalogs.list() == []


def test_a_title_that_two_courses_spell_differently_names_neither_in_a_history(
    app: Application, catalog_file: bytes
) -> None:
    file = catalog_file + "EC2202,자료구조,컴퓨터학과,,B7\nAI2050,자료 구조,인공지능학과,,B8\n".encode()
    catalog_id = apply_catalog(app, preview_catalog(app, file, "c.csv")).catalog_id
    history = "student_id,department,courses taken\nS1,컴퓨터학과,자료구조\nS2,컴퓨터학과,ai2050\n".encode()
    preview = preview_students(app, history, "s.csv", catalog_id=catalog_id)
    assert [student.taken_course_keys for student in preview.intake.students] == [(), ("AI2050",)]
    assert [p.value for p in preview.problems if p.message.key == "intake.problem.unknown_course"] == ["자료구조"]
