from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from core.config import Config
from core.errors import RecommendationError, StorageError
from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.backup import list_backups, make_backup, restore
from core.pipeline.export import ExportFormat, export_catalog, export_name, export_recommendations, write_export
from core.pipeline.performance import performance_view


def test_csv_opens_in_excel_and_holds_no_formula(app: Application, catalog_id: str, write) -> None:
    review.approve(app, [write("PH1").enhancement_id], by="=kim")
    content = export_catalog(app, catalog_id, ExportFormat.CSV, "ko")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == 6
    assert rows[0]["room"] == "'=1+1"
    assert rows[4]["교과목명"] == "한국 근대사"
    assert rows[2]["게시 설명"].startswith("Optics explained")
    assert rows[2]["결정한 사람"] == "'=kim"
    assert rows[3]["게시 설명"] == "Sound and rooms."


def test_xlsx_holds_the_same_cells(app: Application, catalog_id: str) -> None:
    sheet = load_workbook(io.BytesIO(export_catalog(app, catalog_id, ExportFormat.XLSX))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:2] == ("Code", "Title")
    assert "'=1+1" in rows[1]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_json_keeps_cells_as_they_came(app: Application, catalog_id: str) -> None:
    rows = json.loads(export_catalog(app, catalog_id, ExportFormat.JSON))
    assert rows[0]["room"] == "=1+1"
    assert rows[4]["description"] == "없음"
    assert rows[4]["final_description"] == ""


def test_an_export_is_written_with_a_name_of_its_own(app: Application, catalog_id: str) -> None:
    name = export_name(app, catalog_id, ExportFormat.CSV)
    path = write_export(app, b"text", name)
    assert path.parent == app.config.exports_folder
    assert path.name.startswith("spring-term-")
    assert path.read_bytes() == b"text"


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
    assert {figure.reported_seconds for figure in view.figures} == {3.0, 1.18, 1440.0, 40.0, 180.0}
    assert all(figure.measured_seconds is None for figure in view.figures)
    assert view.precision in ("float32", "bfloat16", "float16")
