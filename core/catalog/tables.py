"""What reading an uploaded file gives: a table of texts, and the limits that reading keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.records import Message, Problem, Severity

MIB = 1024 * 1024

# HARD: the row or cell was left out. NOTE: for information. Everything else is SOFT: kept, but worth a look.
SEVERITIES = {
    **dict.fromkeys(
        (
            "stray_quote",
            "lines_skipped",
            "cell_too_long",
            "too_many_cells",
            "bad_json_line",
            "not_an_object",
            "no_title",
            "same_row_again",
            "student_without_id",
            "student_repeated",
            "student_id_private",
        ),
        Severity.HARD,
    ),
    **dict.fromkeys(
        (
            "rows_above_header",
            "rows_below_table",
            "repeated_header",
            "other_sheets",
            "other_lists",
            "merged_cells",
            "own_export",
            "no_header",
            "columns_not_needed",
        ),
        Severity.NOTE,
    ),
}


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much one file may ask for. A file beyond a limit is refused with a sentence, never cut silently."""

    max_bytes: int = 200 * MIB
    max_rows: int = 200_000
    max_columns: int = 2_000
    max_cells: int = 5_000_000  # filled or not; bounds the memory of whoever reads the result
    max_characters: int = 250_000_000  # about the largest CSV; parts of XLSX and JSON may be said in many cells at once
    max_cell_characters: int = 131_072  # the csv module's own default; Excel allows 32,767
    max_problems: int = 1_000  # more are counted, not listed
    max_archive_entries: int = 200
    max_archive_bytes: int = 100 * MIB  # inflated
    max_archive_ratio: int = 100  # inflated / packed, judged from 1 MiB on
    memory_bytes: int = 2_048 * MIB  # address space of the reading process
    result_bytes: int = 2_048 * MIB  # of the file that the reading process writes
    seconds: float = 120.0  # wall clock and processor time of the reading process


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, every cell a text exactly as it stood there (numbers and dates of Excel: see workbook)."""

    columns: tuple[str, ...]  # cleaned and made unique
    rows: tuple[tuple[str, ...], ...]  # each as long as `columns`
    row_numbers: tuple[int, ...]  # 1-based rows of the file, as a spreadsheet program counts them
    encoding: str = ""  # "utf-8", "utf-8-sig", "cp949", "utf-16"; empty for XLSX
    format: str = ""  # "csv", "xlsx", "json", "jsonl"
    header_row: int | None = None  # None when the file has no header
    problems: tuple[Problem, ...] = ()
    sheet: str = ""  # XLSX only

    def column(self, name: str) -> tuple[str, ...]:
        """All cells of one column. Raises ValueError for an unknown name."""
        index = self.columns.index(name)
        return tuple(row[index] for row in self.rows)


class ProblemList:
    """Collects problems up to a limit; what comes after is only counted."""

    def __init__(self, limit: int = ReadLimits().max_problems) -> None:
        self._limit = limit
        self._problems: list[Problem] = []
        self._left_out = 0

    def add(self, key: str, row_number: int | None = None, column: str = "", value: str = "", **params: Any) -> None:
        """Note a problem; `key` is the translation key below `intake.problem`, see SEVERITIES for its weight."""
        if len(self._problems) >= self._limit:
            self._left_out += 1
            return
        severity = SEVERITIES.get(key, Severity.SOFT)
        message = Message(f"intake.problem.{key}", params)
        self._problems.append(Problem(message, row_number, column, value[:200], severity))

    def extend(self, problems: tuple[Problem, ...]) -> None:
        """Take over problems found elsewhere."""
        self._problems.extend(problems)

    def as_tuple(self) -> tuple[Problem, ...]:
        """All problems, those of the whole file first, then by row."""
        problems = sorted(self._problems, key=lambda problem: problem.row_number or 0)
        if self._left_out:
            problems.append(Problem(Message("intake.problem.more", {"count": self._left_out})))
        return tuple(problems)
