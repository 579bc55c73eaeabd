"""Files to take away: the catalog with its descriptions, in the formats people use."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from core.pipeline.application import Application


class ExportFormat(StrEnum):
    """How a catalog is written."""

    CSV = "csv"  # UTF-8 with BOM: opens right in Excel with Korean
    XLSX = "xlsx"
    JSON = "json"


def export_catalog(app: Application, catalog_id: str, format: ExportFormat, language: str = "en") -> bytes:
    """The catalog as a file: its columns as they came, then the published description and where it comes from.

    Cells that a spreadsheet could take for formulas are made harmless (CSV and XLSX).
    """
    raise NotImplementedError


def export_recommendations(app: Application, catalog_id: str, format: ExportFormat) -> bytes:
    """The newest stored lists of all students: student, rank, course, score, contributions.

    Raises RecommendationError when there is no run.
    """
    raise NotImplementedError


def write_export(app: Application, content: bytes, name: str) -> Path:
    """Store an exported file in the exports folder, atomically; returns its path."""
    raise NotImplementedError


def export_name(app: Application, catalog_id: str, format: ExportFormat) -> str:
    """A file name for the catalog's export, with today's date."""
    raise NotImplementedError
