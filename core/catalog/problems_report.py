"""Problems as a file that staff can take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from core.catalog.export_safety import escape_cell
from core.i18n import Translator
from core.records import Problem

_COLUMNS = ("row", "column", "value", "weight", "problem")


def problems_to_csv(problems: Iterable[Problem], translator: Translator) -> bytes:
    """CSV with a UTF-8 mark (so that Excel reads Korean), one problem a line, safe against formula injection."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([translator(f"intake.report.{column}") for column in _COLUMNS])
    for problem in problems:
        row = "" if problem.row_number is None else str(problem.row_number)
        weight = translator(f"intake.severity.{problem.severity}")
        cells = (row, problem.column, problem.value, weight, translator.message(problem.message))
        writer.writerow([escape_cell(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig", errors="replace")
