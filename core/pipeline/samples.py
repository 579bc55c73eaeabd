"""The sample data that comes with CourseLift."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.config import DATA_FOLDER
from core.errors import IntakeError
from core.i18n import LANGUAGES, Translator
from core.pipeline.application import Application
from core.pipeline.intake import CatalogImport, apply_catalog, preview_catalog
from core.pipeline.student_intake import StudentImport, apply_students, preview_students
from core.records import Message


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample file."""

    name: str  # for example "rpi"
    path: Path
    title: Message
    credit: Message  # who made it, under which licence


def _sample(name: str, file_name: str) -> Sample:
    texts = Message(f"pipeline.sample.{name}.title"), Message(f"pipeline.sample.{name}.credit")
    return Sample(name, DATA_FOLDER / file_name, *texts)


SAMPLES = (
    _sample("rpi", "en_rpi_catalog.csv"),
    _sample("mcgill", "en_mcgill_courses.json"),
    _sample("ko_free", "ko_free_courses.csv"),
    _sample("snu", "ko_snu_2016_lectures.json"),
)
_STUDENTS = DATA_FOLDER / "students_synthetic.csv"


def load_sample(app: Application, name: str, language: str = "en") -> CatalogImport:
    """Import a sample catalog by name, called by its title in `language`; a second time, it is brought up to date.

    Raises IntakeError when there is no such sample.
    """
    sample = next((sample for sample in SAMPLES if sample.name == name), None)
    if sample is None:
        raise IntakeError("pipeline.error.no_sample", name=name, known=", ".join(item.name for item in SAMPLES))
    titles = [Translator(each).message(sample.title) for each in LANGUAGES]
    existing = [catalog for catalog in app.catalogs.list() if catalog.is_sample and catalog.name in titles]
    catalog_id = existing[0].catalog_id if existing else None
    preview = preview_catalog(app, sample.path, sample.path.name, catalog_id=catalog_id)
    return apply_catalog(app, preview, name=Translator(language).message(sample.title), is_sample=True)


def load_sample_students(app: Application, catalog_id: str) -> StudentImport:
    """Import the synthetic students, their history matched with a catalog."""
    return apply_students(app, preview_students(app, _STUDENTS, _STUDENTS.name, catalog_id=catalog_id))
