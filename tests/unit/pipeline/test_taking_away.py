from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from core.config import Config
from core.errors import CourseLiftError, RecommendationError, StorageError
from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.backup import list_backups, make_backup, restore
from core.pipeline.course_editing import edit_course
from core.pipeline.export import ExportFormat, export_catalog, export_name, export_recommendations, write_export
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.performance import performance_view


def exported(app: Application, catalog_id: str, format: ExportFormat, language: str = "en") -> list[list[Any]]:
    """The rows of an export as its own kind of program reads them, the heading first."""
    content = export_catalog(app, catalog_id, format, language)
    if format is ExportFormat.CSV:
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    if format is ExportFormat.XLSX:
        sheet = load_workbook(io.BytesIO(content)).active
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    if format is ExportFormat.JSONL:
        records = [json.loads(line) for line in content.decode().splitlines()]
        return [list(records[0]), *(list(record.values()) for record in records)]
    table = parquet.read_table(io.BytesIO(content))
    return [table.column_names, *(list(row.values()) for row in table.to_pylist())]


def test_csv_opens_in_excel_and_holds_no_formula(app: Application, catalog_id: str, write) -> None:
    review.approve(app, [write("PH1").enhancement_id], by="=kim")
    assert export_catalog(app, catalog_id, ExportFormat.CSV, "ko").startswith(b"\xef\xbb\xbf")
    heading, *cells = exported(app, catalog_id, ExportFormat.CSV, "ko")
    assert heading[:6] == ["code", "title", "department", "description", "room", "승인한 설명"]
    rows = [dict(zip(heading, row, strict=True)) for row in cells]
    assert len(rows) == 6
    assert rows[0]["room"] == "'=1+1"
    assert rows[4]["title"] == "한국 근대사"
    assert rows[2]["승인한 설명"].startswith("Optics explained")
    assert rows[2]["결정한 사람"] == "'=kim"
    assert rows[3]["승인한 설명"] == "Sound and rooms."


@pytest.mark.parametrize("format", [ExportFormat.XLSX, ExportFormat.JSONL, ExportFormat.PARQUET])
def test_the_uploaded_columns_come_back_in_their_order_with_their_cells(
    app: Application, catalog_id: str, catalog_file: bytes, format: ExportFormat
) -> None:
    uploaded = list(csv.reader(io.StringIO(catalog_file.decode())))
    rows = [[cell or "" for cell in row[:5]] for row in exported(app, catalog_id, format)]
    assert rows == uploaded


def test_every_row_comes_back_whatever_became_of_it(app: Application) -> None:
    file = (
        "부서,과목명,코드,설명,분반,금액\n"
        "수학과,선형대수,MA1,,1,-3\n"
        "수학과,선형대수,MA1,벡터와 행렬을 배웁니다.,2,+5\n"  # a section: merged into the first row's course
        "수학과,,MA9,제목이 없습니다.,1,007\n"  # becomes no course
        "물리학과,광학,PH1,,1,1.50\n"
        "물리학과,광학,PH1,,1,1.50\n"  # the same row again
    )
    catalog_id = apply_catalog(app, preview_catalog(app, file.encode(), "가을.csv")).catalog_id
    for format in ExportFormat:
        heading, *rows = exported(app, catalog_id, format, "en")
        assert heading[:6] == ["부서", "과목명", "코드", "설명", "분반", "금액"]
        assert len(rows) == 5
        written = [row[heading.index(ADDED_STATUS[format])] or "" for row in rows]
        assert written == ["too_short", "too_short", "", "missing", "missing"]
    amounts = [row[5] for row in exported(app, catalog_id, ExportFormat.XLSX)[1:]]
    assert amounts == [-3, "+5", "007", "1.50", "1.50"]  # a number only where no sign is lost


ADDED_STATUS = {
    ExportFormat.CSV: "Own description",
    ExportFormat.XLSX: "Own description",
    ExportFormat.JSONL: "description_status",
    ExportFormat.PARQUET: "description_status",
}


def test_a_corrected_field_stands_beside_the_original_one(app: Application, catalog_id: str) -> None:
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"title": "Wave Optics"}, by="kim")
    heading, *rows = exported(app, catalog_id, ExportFormat.JSONL)
    row = dict(zip(heading, rows[2], strict=True))
    assert (row["title"], row["source_edits"]) == ("Optics", "title: Wave Optics")
    assert rows[1][-1] == ""


def test_a_correction_still_stands_beside_the_row_of_a_later_file(
    app: Application, catalog_id: str, catalog_file: bytes
) -> None:
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"title": "Wave Optics"}, by="kim")
    later = catalog_file.replace(b"PH1,Optics,Physics,Optics", b"PH1,Optics,Physics,Light")
    apply_catalog(app, preview_catalog(app, later, "autumn.csv", catalog_id=catalog_id))
    heading, *rows = exported(app, catalog_id, ExportFormat.JSONL)
    row = dict(zip(heading, rows[2], strict=True))
    assert (row["title"], row["source_edits"]) == ("Optics", "title: Wave Optics")


def test_a_column_of_the_file_never_hides_an_added_one(app: Application) -> None:
    file = b"code,title,model\nC1,Optics,T-800\n"
    catalog_id = apply_catalog(app, preview_catalog(app, file, "c.csv")).catalog_id
    heading, row = exported(app, catalog_id, ExportFormat.JSONL)
    assert "model (CourseLift)" in heading
    assert row[2] == "T-800"


def test_an_export_that_is_uploaded_changes_no_course(app: Application, catalog_id: str, write) -> None:
    review.approve(app, [write("PH1").enhancement_id], by="kim")
    before = app.catalogs.courses(catalog_id)
    for format in (ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.JSONL):
        for language in ("en", "ko") if format.is_for_people else ("en",):
            content = export_catalog(app, catalog_id, format, language)
            preview = preview_catalog(app, content, f"list.{format}", catalog_id=catalog_id)
            assert preview.diff is not None
            assert len(preview.diff.unchanged) == len(before) == 6
            assert [dict(course.extra) for course in preview.intake.courses] == [dict(it.extra) for it in before]
            assert preview.mapping.fields["description"] == "description"
            assert "intake.problem.own_export" in [problem.message.key for problem in preview.problems]


def test_numbers_with_a_nought_behind_the_point_come_back_from_a_workbook(app: Application) -> None:
    file = "code,title,level\n" + "".join(f"{code}.0,Course {code},2.0\n" for code in range(101, 110))
    catalog_id = apply_catalog(app, preview_catalog(app, file.encode(), "c.csv")).catalog_id
    content = export_catalog(app, catalog_id, ExportFormat.XLSX)
    preview = preview_catalog(app, content, "c.xlsx", catalog_id=catalog_id)
    assert preview.diff is not None
    assert len(preview.diff.unchanged) == 9


def test_an_upload_that_is_gone_or_altered_is_said(app: Application, catalog_id: str) -> None:
    (path,) = app.config.uploads_folder.iterdir()
    path.write_bytes(path.read_bytes() + b"X9,Extra,,,\n")
    with pytest.raises(CourseLiftError) as caught:
        export_catalog(app, catalog_id, ExportFormat.CSV)
    assert caught.value.message.params == {"file": "spring term.csv"}
    path.unlink()
    with pytest.raises(CourseLiftError, match=r"spring term\.csv"):
        export_catalog(app, catalog_id, ExportFormat.CSV)


def test_an_export_is_written_with_a_name_of_its_own(app: Application, catalog_id: str) -> None:
    name = export_name(app, catalog_id, ExportFormat.CSV)
    path = write_export(app, b"text", name)
    assert path.parent == app.config.exports_folder
    assert path.name.startswith("spring-term-")
    assert path.read_bytes() == b"text"


def test_a_catalog_with_a_long_name_can_be_exported(app: Application, catalog_file: bytes) -> None:
    name = "𠮷" * 50 + "가나다라 " * 14
    catalog_id = apply_catalog(app, preview_catalog(app, catalog_file, "c.csv"), name=name).catalog_id
    assert write_export(app, b"text", export_name(app, catalog_id, ExportFormat.PARQUET)).is_file()


def test_an_export_that_cannot_be_written_is_a_sentence(app: Application) -> None:
    app.config.exports_folder.write_text("a file in the folder's place")
    with pytest.raises(StorageError):
        write_export(app, b"text", "list.csv")


def test_lists_cannot_be_exported_before_they_exist(app: Application, catalog_id: str) -> None:
    with pytest.raises(RecommendationError):
        export_recommendations(app, catalog_id, ExportFormat.CSV)


def test_a_backup_brings_back_what_was(own_state_folder: Path) -> None:
    config = Config(own_state_folder)
    with Application(config, watch_jobs=False) as app:
        app.catalogs.create("before")
        made = make_backup(app)
        assert [backup.path for backup in list_backups(app)] == [made.path]
        app.catalogs.create("after")
    aside = restore(config, made.path)
    assert aside is not None and aside.exists()
    with Application(config, watch_jobs=False) as app:
        assert [catalog.name for catalog in app.catalogs.list()] == ["before"]


def test_a_database_in_use_is_not_replaced(app: Application) -> None:
    made = make_backup(app)
    with pytest.raises(StorageError):
        restore(app.config, made.path)


def test_the_performance_page_shows_the_reports_figures_before_any_run(app: Application) -> None:
    view = performance_view(app)
    assert view.runs == ()
    assert {figure.reported_seconds for figure in view.figures} == {3.0, 1.18, 1440.0, 40.0, 180.0, 1663.0}
    assert all(figure.measured_seconds is None for figure in view.figures)
    assert view.precision in ("float32", "bfloat16", "float16")
