"""Personal data of students: masked by default; whoever unmasks or takes it away is written down."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from core.catalog.export_safety import escape_cell
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.export import ExportFormat, export_recommendations
from core.pipeline.settings import read_settings
from core.pipeline.students import StudentView

_SHOWN_CHARACTERS = 3
_SHORTEST_SHOWN = 6  # of a shorter id, three characters would tell too much
ALL_STUDENTS = "*"
_SYNTHETIC_PREFIX = "SYN-"  # of every id in data/students_synthetic.csv


def mask_id(student_id: str) -> str:
    """An id with all but its last three characters hidden; a short id is hidden altogether."""
    shown = _SHOWN_CHARACTERS if len(student_id) >= _SHORTEST_SHOWN else 0
    return "•" * (len(student_id) - shown) + student_id[len(student_id) - shown :]


def students_are_synthetic(app: Application) -> bool:
    """Whether the students are the invented ones of the sample."""
    return any(student.student_id.startswith(_SYNTHETIC_PREFIX) for student in app.students.list(limit=1))


def record_unmasking(app: Application, student_ids: Sequence[str], reason: str) -> None:
    """Write down that these students' ids are shown in full."""
    app.access_log.record("unmask", student_ids, read_settings(app).actor, reason)


def export_student(app: Application, view: StudentView, language: str, reason: str) -> bytes:
    """One student's list as CSV that opens right in Excel and holds no formulas; the export is written down."""
    app.access_log.record("export", [view.student.student_id], read_settings(app).actor, reason)
    t = Translator(language)
    columns = ("rank", "code", "course", "department", "score", "reasons")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([t(f"students.column_{name}") for name in columns])
    for place in view.recommendations:
        reasons = " · ".join(t.message(reason) for reason in place.reasons)
        texts = [escape_cell(text) for text in (place.course.code, place.course.title, place.course.department)]
        writer.writerow([place.rank, *texts, f"{place.score:.4f}", escape_cell(reasons)])
    return buffer.getvalue().encode("utf-8-sig")


def export_all_students(app: Application, catalog_id: str, format: ExportFormat, reason: str) -> bytes:
    """The stored lists of all students; the export is written down.

    Raises RecommendationError when there is no stored run.
    """
    content = export_recommendations(app, catalog_id, format)
    app.access_log.record("export", [ALL_STUDENTS], read_settings(app).actor, reason)
    return content
