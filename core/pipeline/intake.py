"""Catalog intake: read an uploaded file, show what it would change, apply it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.access.actor import requires
from core.access.roles import Permission
from core.catalog.comparison import CatalogDiff, compare_catalogs
from core.catalog.corrections import Correction, keep_corrections
from core.catalog.courses import CourseIntake, build_courses
from core.catalog.keys import keep_keys
from core.catalog.mapping import ColumnMapping, propose_mapping, table_shape
from core.catalog.problems_report import problems_to_csv
from core.catalog.tables import Table
from core.catalog.text import visible_line
from core.config import Config
from core.errors import IntakeError
from core.i18n import Translator
from core.jobs.files import write_atomically
from core.pipeline.application import Application
from core.pipeline.file_reading import read_file
from core.pipeline.triage import triage_catalog
from core.records import Course, Problem
from core.storage.failures import writing_failure

_KIND = "catalog"
_NO_INTAKE = CourseIntake((), ())
_DIFF_PARTS = ("added", "changed", "renamed", "removed", "unchanged")


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file: its bytes are kept under their hash."""

    file_name: str
    content: bytes
    content_hash: str  # SHA-256, hexadecimal


@dataclass(frozen=True, slots=True)
class CatalogPreview:
    """What a file would bring, before anything is stored."""

    upload: Upload
    table: Table
    mapping: ColumnMapping  # proposed, remembered or chosen
    was_remembered: bool  # the mapping was used before for a file of this shape
    intake: CourseIntake  # courses and problems under this mapping
    catalog_id: str | None  # the catalog it is compared with; None: a new one
    diff: CatalogDiff | None  # against that catalog
    suggested_name: str  # for a new catalog, from the file's name
    keeps_corrections: bool = True  # what people corrected here stays although the file says otherwise
    corrections: tuple[Correction, ...] = ()  # where it does; those that are kept are in `intake` already
    last_import: str | None = None  # the newest import of that catalog when it was compared

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything worth telling about the file and its rows."""
        return self.intake.problems


@dataclass(frozen=True, slots=True)
class CatalogImport:
    """What an import did."""

    catalog_id: str
    import_id: str
    courses: int  # courses in the file
    added: int
    changed: int
    renamed: int
    removed: int
    unchanged: int
    corrections: int  # fields that keep what people corrected here, although the file says otherwise
    corrections_not_applied: int  # fields that do not: another course stands under the key now
    problems: tuple[Problem, ...]
    seconds: float


def preview_catalog(
    app: Application,
    source: bytes | Path,
    file_name: str,
    *,
    catalog_id: str | None = None,
    mapping: ColumnMapping | None = None,
    merge_sections: bool = True,
    keeps_corrections: bool = True,
) -> CatalogPreview:
    """Read a catalog file in a child process, propose a mapping and compare with the catalog it would update.

    Raises IntakeError when the file cannot be read at all, StorageError when the disk has too little space for it.
    """
    upload = read_upload(source, file_name)
    table = read_file(app, source, file_name)
    if mapping is None:
        remembered = app.catalogs.recall_mapping(table_shape(table), _KIND)
        mapping = propose_mapping(table, remembered)
        was_remembered = remembered is not None and dict(mapping.fields) == remembered
    else:
        was_remembered = False
    bare = CatalogPreview(upload, table, mapping, was_remembered, _NO_INTAKE, catalog_id, None, _name_of(upload))
    return _fill(app, bare, merge_sections, keeps_corrections)


def remap_catalog(
    app: Application,
    preview: CatalogPreview,
    *,
    mapping: ColumnMapping | None = None,
    catalog_id: str | None = None,
    merge_sections: bool = True,
    keeps_corrections: bool = True,
) -> CatalogPreview:
    """The same file under another mapping or against another catalog, without reading it again."""
    changed = mapping is not None and mapping != preview.mapping
    bare = replace(
        preview,
        mapping=mapping or preview.mapping,
        was_remembered=preview.was_remembered and not changed,
        catalog_id=catalog_id,
    )
    return _fill(app, bare, merge_sections, keeps_corrections)


@requires(Permission.IMPORT_CATALOG)
def apply_catalog(
    app: Application, preview: CatalogPreview, *, name: str = "", is_sample: bool = False
) -> CatalogImport:
    """Store a previewed file: bytes, mapping for the next file of this shape, courses, verdicts.

    `name` names a new catalog; it is not needed when the preview updates one.
    Raises IntakeError when the preview holds no course, or when another file came into the catalog since it was made.
    """
    started = time.perf_counter()
    courses = preview.intake.courses
    if not courses:
        raise IntakeError("pipeline.error.no_courses", file=preview.upload.file_name)
    stored_path = keep_upload(app.config, preview.upload)
    with app.database.write():
        catalog_id = preview.catalog_id
        if catalog_id is None:
            catalog_id = app.catalogs.create(visible_line(name) or preview.suggested_name, is_sample).catalog_id
        _refuse_overtaken(app, catalog_id, preview.last_import)
        courses, _ = _with_corrections(app, catalog_id, courses, preview.keeps_corrections)  # made since the preview
        diff = compare_catalogs(app.catalogs.courses(catalog_id), courses)
        counts = {part: len(getattr(diff, part)) for part in _DIFF_PARTS}
        upload = preview.upload
        upload_id = app.catalogs.save_upload(
            upload.content_hash, upload.file_name, len(upload.content), _KIND, str(stored_path)
        )
        app.catalogs.remember_mapping(table_shape(preview.table), _KIND, preview.mapping.fields)
        import_id = app.catalogs.apply_import(catalog_id, upload_id, courses, counts, diff.new_keys)
        triage_catalog(app, catalog_id)
    app.mark_changed()
    return CatalogImport(
        catalog_id=catalog_id,
        import_id=import_id,
        courses=len(courses),
        corrections=sum(each.is_kept for each in preview.corrections),
        corrections_not_applied=sum(not each.is_kept for each in preview.corrections),
        problems=preview.problems,
        seconds=time.perf_counter() - started,
        **counts,
    )


def problems_file(problems: Sequence[Problem], language: str) -> bytes:
    """The problems as a CSV file in a reader's language, safe to open in a spreadsheet."""
    return problems_to_csv(problems, Translator(language))


def read_upload(source: bytes | Path, file_name: str) -> Upload:
    """An uploaded file with the hash of its bytes. Raises IntakeError when it cannot be read from disk."""
    try:
        content = source.read_bytes() if isinstance(source, Path) else source
    except OSError as error:
        raise IntakeError("pipeline.error.no_file", file=file_name) from error
    return Upload(visible_line(file_name), content, hashlib.sha256(content).hexdigest())


def keep_upload(config: Config, upload: Upload) -> Path:
    """Store the bytes of an upload under their hash, also in place of a file that was changed; returns where.

    Raises StorageError when they cannot be written.
    """
    path = config.uploads_folder / f"{upload.content_hash}{Path(upload.file_name).suffix.lower()}"
    try:
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != upload.content_hash:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, upload.content)
    except OSError as error:
        raise writing_failure(error, path.parent) from error
    return path


def _name_of(upload: Upload) -> str:
    return Path(upload.file_name).stem.replace("_", " ").strip()


def _fill(app: Application, bare: CatalogPreview, merge_sections: bool, keeps_corrections: bool) -> CatalogPreview:
    """The preview with the courses of its file under its mapping, and what they change in its catalog."""
    intake, catalog_id = build_courses(bare.table, bare.mapping, merge_sections), bare.catalog_id
    imports = app.catalogs.imports(catalog_id) if catalog_id else []
    courses = _under_known_keys(app, catalog_id, intake.courses)
    courses, corrections = _with_corrections(app, catalog_id, courses, keeps_corrections)
    return replace(
        bare,
        intake=replace(intake, courses=courses),
        diff=compare_catalogs(app.catalogs.courses(catalog_id), courses) if catalog_id else None,
        keeps_corrections=keeps_corrections,
        corrections=corrections,
        last_import=imports[0].import_id if imports else None,
    )


def _refuse_overtaken(app: Application, catalog_id: str, last_import: str | None) -> None:
    """Raises IntakeError when `last_import` is not the catalog's newest: what the preview showed is not true any more.

    Courses that the other file brought would be removed, and nobody would have been told.
    """
    imports = app.catalogs.imports(catalog_id)
    if imports and imports[0].import_id != last_import:
        raise IntakeError("pipeline.error.imported_meanwhile", file=imports[0].file_name)


def _under_known_keys(app: Application, catalog_id: str | None, courses: tuple[Course, ...]) -> tuple[Course, ...]:
    if catalog_id is None:
        return courses
    known = app.catalogs.courses(catalog_id, active_only=False)
    return keep_keys(courses, known, app.catalogs.edited_histories(catalog_id))


def _with_corrections(
    app: Application, catalog_id: str | None, courses: tuple[Course, ...], keeps_corrections: bool
) -> tuple[tuple[Course, ...], tuple[Correction, ...]]:
    if catalog_id is None or not keeps_corrections:
        return courses, ()
    histories = app.catalogs.edited_histories(catalog_id)
    new_keys = compare_catalogs(app.catalogs.courses(catalog_id), courses).new_keys
    moved = {new: histories[old] for old, new in new_keys.items() if old in histories}
    return keep_corrections(courses, {**histories, **moved})
