"""Student intake: the same care as the catalog's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.pipeline.application import Application
from core.pipeline.intake import Upload
from core.records import Problem

if TYPE_CHECKING:
    from core.catalog.mapping import ColumnMapping
    from core.catalog.reading import Table
    from core.catalog.students import StudentIntake


@dataclass(frozen=True, slots=True)
class StudentPreview:
    """What a file of students would bring, before anything is stored."""

    upload: Upload
    table: Table
    mapping: ColumnMapping
    was_remembered: bool
    intake: StudentIntake
    stored_students: int  # how many the import would replace

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything worth telling: of reading, then of rows."""
        return (*self.table.problems, *self.intake.problems)


@dataclass(frozen=True, slots=True)
class StudentImport:
    """What an import of students did."""

    students: int
    departments: int
    interests: int  # distinct
    problems: tuple[Problem, ...]
    seconds: float


def preview_students(
    app: Application,
    source: bytes | Path,
    file_name: str,
    *,
    catalog_id: str | None = None,
    mapping: ColumnMapping | None = None,
) -> StudentPreview:
    """Read a file of students in a child process and propose a mapping; history is matched with the catalog.

    Raises IntakeError when the file cannot be read at all.
    """
    raise NotImplementedError


def remap_students(
    app: Application, preview: StudentPreview, mapping: ColumnMapping, *, catalog_id: str | None = None
) -> StudentPreview:
    """The same file under another mapping, without reading it again."""
    raise NotImplementedError


def apply_students(app: Application, preview: StudentPreview) -> StudentImport:
    """Store the previewed students in place of the present ones, and the mapping for the next file of this shape.

    Raises IntakeError when the preview holds no student.
    """
    raise NotImplementedError
