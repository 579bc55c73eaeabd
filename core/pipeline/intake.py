"""Catalog intake: read an uploaded file, show what it would change, apply it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.pipeline.application import Application
from core.records import Problem

if TYPE_CHECKING:
    from core.catalog.comparison import CatalogDiff
    from core.catalog.courses import CourseIntake
    from core.catalog.mapping import ColumnMapping
    from core.catalog.reading import Table


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

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything worth telling: of reading, then of rows."""
        return (*self.table.problems, *self.intake.problems)


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
) -> CatalogPreview:
    """Read a catalog file in a child process, propose a mapping and compare with the catalog it would update.

    Raises IntakeError when the file cannot be read at all.
    """
    raise NotImplementedError


def remap_catalog(
    app: Application,
    preview: CatalogPreview,
    *,
    mapping: ColumnMapping | None = None,
    catalog_id: str | None = None,
    merge_sections: bool = True,
) -> CatalogPreview:
    """The same file under another mapping or against another catalog, without reading it again."""
    raise NotImplementedError


def apply_catalog(
    app: Application, preview: CatalogPreview, *, name: str = "", is_sample: bool = False
) -> CatalogImport:
    """Store a previewed file: bytes, mapping for the next file of this shape, courses, verdicts.

    `name` names a new catalog; it is not needed when the preview updates one.
    Raises IntakeError when the preview holds no course.
    """
    raise NotImplementedError


def problems_file(problems: Sequence[Problem], language: str) -> bytes:
    """The problems as a CSV file in a reader's language, safe to open in a spreadsheet."""
    raise NotImplementedError
