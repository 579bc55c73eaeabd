"""Files to take away: the catalog as it came with its descriptions beside it, and the students' lists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.catalog.corrections import corrected_fields
from core.catalog.courses import rows_of
from core.catalog.own_export import ADDED_FIELDS, MARK, added_heading
from core.catalog.tables import Table
from core.enhancement.wording import added_spans
from core.errors import CourseLiftError, RecommendationError
from core.i18n import Translator
from core.jobs.files import write_atomically
from core.pipeline.application import Application
from core.pipeline.embedding import description_of
from core.pipeline.file_reading import read_file
from core.pipeline.table_files import ExportFormat, Value, file_stem, write_table
from core.records import Course, Enhancement, Recommendation, Triage
from core.storage.catalog_store import StoredUpload
from core.storage.failures import writing_failure

__all__ = ["ExportFormat", "export_catalog", "export_name", "export_recommendations", "write_export"]

_LIST_FIELDS = ("student_id", "rank", "course_key", "code", "title", "department", "score")
_EXACT = 10**15  # Excel keeps 15 digits of a number


def export_catalog(app: Application, catalog_id: str, format: ExportFormat, language: str = "en") -> bytes:
    """The newest uploaded file of a catalog, every row and column as it came, with the approved texts beside it.

    The columns of the upload keep their names and their order; the added ones follow, and those of an earlier export
    go. Headings of the added columns are in `language` in CSV and XLSX and always the same in JSON lines and Parquet.
    Rows that became no course have nothing beside them. Raises CourseLiftError when the uploaded file is not there any
    more or was altered.
    """
    table = _original(app, catalog_id)
    courses = app.catalogs.courses(catalog_id)
    beside = _Beside(app, catalog_id)
    added = {number: beside.of(course) for course in courses for number in rows_of(course)}
    same = {row: added[number] for number, row in zip(table.row_numbers, table.rows, strict=True) if number in added}
    nothing: list[Value] = [None] * len(ADDED_FIELDS)
    rows = (
        [*_cells(row, format), *(added.get(number) or same.get(row) or nothing)]  # a repeated row says the same
        for number, row in zip(table.row_numbers, table.rows, strict=True)
    )
    return write_table(format, [*table.columns, *_added_names(table.columns, format, language)], rows)


def export_recommendations(app: Application, catalog_id: str, format: ExportFormat, language: str = "en") -> bytes:
    """The newest stored lists of all students: the university's number, rank, course, score, contributions.

    Raises RecommendationError when there is no run.
    """
    run = app.recommendations.latest_run(catalog_id)
    if run is None:
        raise RecommendationError("pipeline.error.no_run")
    courses = {course.course_key: course for course in app.catalogs.courses(catalog_id, active_only=False)}
    t = Translator(language)
    names = [t(f"pipeline.column.{name}") if format.is_for_people else name for name in _LIST_FIELDS]
    places = app.recommendations.of_run(run.run_id)
    numbers = app.students.numbers(list({it.student_id for it in places}))
    rows = (_list_row(it, numbers.get(it.student_id, ""), courses[it.course_key]) for it in places)
    return write_table(format, [*names, *run.signals], rows)


def find_original(app: Application, catalog_id: str) -> tuple[StoredUpload, Path]:
    """The newest uploaded file of a catalog, and where it lies. Raises CourseLiftError when it is not there."""
    imports = app.catalogs.imports(catalog_id)
    uploads = {upload.upload_id: upload for upload in app.catalogs.uploads()}
    upload = uploads.get(imports[0].upload_id) if imports else None
    if upload is None:
        raise CourseLiftError("export.nothing_uploaded")
    path = app.config.uploads_folder / Path(upload.stored_path).name
    if not path.is_file():
        raise CourseLiftError("export.no_original", file=upload.file_name)
    return upload, path


def write_export(app: Application, content: bytes, name: str) -> Path:
    """Store an exported file in the exports folder, atomically; returns its path.

    Raises StorageError when the disk is full or the folder cannot be used.
    """
    path = app.config.exports_folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise writing_failure(error, path.parent) from error
    return path


def export_name(app: Application, catalog_id: str, format: ExportFormat) -> str:
    """A file name for the catalog's export, with today's date."""
    return f"{file_stem(app.catalogs.get(catalog_id).name)}-{datetime.now(UTC):%Y-%m-%d}.{format}"


def _original(app: Application, catalog_id: str) -> Table:
    """The file that the catalog's courses came from, read again."""
    upload, path = find_original(app, catalog_id)
    if hashlib.sha256(path.read_bytes()).hexdigest() != upload.content_hash:
        raise CourseLiftError("export.no_original", file=upload.file_name)
    return read_file(app, path, upload.file_name)


class _Beside:
    """What stands beside the rows of each course."""

    def __init__(self, app: Application, catalog_id: str) -> None:
        self._approved: Mapping[str, Enhancement] = app.enhancements.published(catalog_id)
        self._triage: Mapping[str, Triage] = app.catalogs.triage(catalog_id)
        self._histories = app.catalogs.edited_histories(catalog_id)

    def of(self, course: Course) -> list[Value]:
        """One value for each of ADDED_FIELDS."""
        approved = self._approved.get(course.course_key)
        verdict = self._triage.get(course.course_key)
        return [
            description_of(course, approved),
            _added_words(course, approved),
            *_origin(approved),
            verdict.status.value if verdict else "",
            self._edits(course),
        ]

    def _edits(self, course: Course) -> str:
        """The fields that a person corrected here, whatever files came since, with what they say now."""
        corrected = corrected_fields(self._histories.get(course.course_key, ()))
        return " | ".join(f"{name}: {text}" for name, text in corrected.items())


def _added_words(course: Course, approved: Enhancement | None) -> str:
    """The words of a published text that the department's own data does not have, each once."""
    if approved is None:
        return ""
    text = approved.published_text
    return ", ".join(dict.fromkeys(text[start:end] for start, end in added_spans(course, text)))


def _origin(approved: Enhancement | None) -> list[Value]:
    if approved is None:
        return ["", "", None, "", "", ""]
    made_by = approved.provenance
    decision = [approved.state.value, approved.decided_by, approved.decided_at]
    return [*decision, made_by.model, made_by.engine, made_by.prompt_version]


def _added_names(columns: Sequence[str], format: ExportFormat, language: str) -> list[str]:
    names = [added_heading(field, language) if format.is_for_people else field for field in ADDED_FIELDS]
    return [name + MARK if name in columns else name for name in names]


def _cells(row: Sequence[str], format: ExportFormat) -> list[Value]:
    """Cells as they came. XLSX gets numbers as numbers where no sign of the text is lost ("007" stays a text)."""
    return [_number(cell) for cell in row] if format is ExportFormat.XLSX else list(row)


def _number(text: str) -> Value:
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if str(number) == text and abs(number) < _EXACT and not text.endswith(".0"):  # which Excel would not show
            return number
    return text


def _list_row(place: Recommendation, number: str, course: Course) -> list[Value]:
    row: list[Value] = [number, place.rank, course.course_key, course.code, course.title, course.department]
    return [*row, round(place.score, 6), *(round(each.amount, 6) for each in place.contributions)]
