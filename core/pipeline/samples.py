"""The sample data that comes with CourseLift."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.pipeline.application import Application
from core.pipeline.intake import CatalogImport
from core.pipeline.student_intake import StudentImport
from core.records import Message


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample file."""

    name: str  # for example "rpi"
    path: Path
    title: Message
    credit: Message  # who made it, under which licence
    is_students: bool = False


SAMPLES: tuple[Sample, ...] = ()


def load_sample(app: Application, name: str) -> CatalogImport:
    """Import a sample catalog by name, with no questions asked.

    Raises IntakeError when there is no such sample.
    """
    raise NotImplementedError


def load_sample_students(app: Application, catalog_id: str) -> StudentImport:
    """Import the synthetic students, their history matched with a catalog."""
    raise NotImplementedError
