"""Files to take away: the catalog with its descriptions, in the formats people use."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from core.catalog.export_safety import escape_cell
from core.errors import RecommendationError
from core.i18n import Translator
from core.jobs.files import write_atomically
from core.pipeline.application import Application
from core.pipeline.embedding import description_of
from core.records import Course, Enhancement, Recommendation

_COURSE_FIELDS = (
    "code", "title", "title_en", "department", "category", "level", "credits", "language", "prerequisites",
)  # fmt: skip
_ADDED_FIELDS = ("final_description", "text_state", "decided_by", "decided_at", "model", "engine", "prompt_version")
_LIST_FIELDS = ("student_id", "rank", "course_key", "code", "title", "department", "score")
Cell = str | int | float


class ExportFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"  # UTF-8 with a byte order mark: opens right in Excel with Korean
    XLSX = "xlsx"
    JSON = "json"


def export_catalog(app: Application, catalog_id: str, format: ExportFormat, language: str = "en") -> bytes:
    """The catalog as a file: its fields and other columns as they came, then the published text and where it is from.

    Cells that a spreadsheet could take for formulas are made harmless (CSV and XLSX). Headings of CSV and XLSX are
    in `language`, the names in JSON are always the same.
    """
    courses = app.catalogs.courses(catalog_id)
    published = app.enhancements.published(catalog_id)
    extra = tuple(dict.fromkeys(name for course in courses for name in course.extra))
    own = (*_COURSE_FIELDS, "description", *_ADDED_FIELDS)
    kept = tuple(f"{name} (2)" if name in own else name for name in extra)
    names = (*_COURSE_FIELDS, "description", *kept, *_ADDED_FIELDS)
    rows = (_course_row(course, published.get(course.course_key), extra) for course in courses)
    return _write(format, names, rows, language, frozenset(kept))


def export_recommendations(app: Application, catalog_id: str, format: ExportFormat, language: str = "en") -> bytes:
    """The newest stored lists of all students: student, rank, course, score, contributions.

    Raises RecommendationError when there is no run.
    """
    run = app.recommendations.latest_run(catalog_id)
    if run is None:
        raise RecommendationError("pipeline.error.no_run")
    courses = {course.course_key: course for course in app.catalogs.courses(catalog_id, active_only=False)}
    names = (*_LIST_FIELDS, *run.signals)
    rows = (_list_row(it, courses[it.course_key]) for it in app.recommendations.of_run(run.run_id))
    return _write(format, names, rows, language, frozenset(run.signals))


def write_export(app: Application, content: bytes, name: str) -> Path:
    """Store an exported file in the exports folder, atomically; returns its path."""
    app.config.exports_folder.mkdir(parents=True, exist_ok=True)
    path = app.config.exports_folder / name
    write_atomically(path, content)
    return path


def export_name(app: Application, catalog_id: str, format: ExportFormat) -> str:
    """A file name for the catalog's export, with today's date."""
    name = "".join(sign if sign.isalnum() else "-" for sign in app.catalogs.get(catalog_id).name)
    return f"{name}-{datetime.now(UTC):%Y-%m-%d}.{format}"


def _course_row(course: Course, published: Enhancement | None, extra: Sequence[str]) -> list[Cell]:
    row: list[Cell] = [getattr(course, name) for name in _COURSE_FIELDS]
    row += [course.description_raw, *(course.extra.get(name, "") for name in extra)]
    row.append(description_of(course, published))
    if published is None:
        return [*row, "", "", "", "", "", ""]
    made_by = published.provenance
    decided_at = published.decided_at.isoformat() if published.decided_at else ""
    decision = (published.state.value, published.decided_by, decided_at)
    return [*row, *decision, made_by.model, made_by.engine, made_by.prompt_version]


def _list_row(place: Recommendation, course: Course) -> list[Cell]:
    row: list[Cell] = [place.student_id, place.rank, course.course_key, course.code, course.title, course.department]
    return [*row, round(place.score, 6), *(round(each.amount, 6) for each in place.contributions)]


def _write(
    format: ExportFormat, names: Sequence[str], rows: Iterator[list[Cell]], language: str, kept: frozenset[str]
) -> bytes:
    if format is ExportFormat.JSON:
        records = [dict(zip(names, row, strict=True)) for row in rows]
        return json.dumps(records, ensure_ascii=False, indent=1).encode()
    t = Translator(language)
    heading: list[Cell] = [name if name in kept else t(f"pipeline.column.{name}") for name in names]
    table = ([_safe(cell) for cell in row] for row in chain([heading], rows))
    return _csv(table) if format is ExportFormat.CSV else _xlsx(table)


def _safe(cell: Cell) -> Cell:
    return escape_cell(cell) if isinstance(cell, str) else cell


def _csv(table: Iterator[list[Cell]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(table: Iterator[list[Cell]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in table:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
