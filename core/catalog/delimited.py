"""Delimited text (CSV, TSV and their relatives), read strictly: a damaged row is reported, the others are kept."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from core.catalog.names import is_field_name
from core.catalog.tables import ProblemList, ReadLimits
from core.errors import IntakeError

NumberedRow = tuple[int, list[str]]

_DELIMITERS = (",", ";", "\t", "|")
_NO_DELIMITER = "\x1f"  # for files of one column: a sign that texts do not hold
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)  # Excel's own hint in the first line
_SAMPLE_LINES = 200
_HEADER_ROWS = 20  # where a header may be
_MIN_SHARE = 0.5  # of the rows must have the same number of cells
_MAX_RESYNC_LINES = 50  # how far to look for the next sound row after a damaged one, and how long it may be


class _Lines(Iterator[str]):
    """The lines of a text with a position that can be set back."""

    def __init__(self, lines: list[str], position: int = 0) -> None:
        self.lines = lines
        self.position = position

    def __next__(self) -> str:
        if self.position >= len(self.lines):
            raise StopIteration
        self.position += 1
        return self.lines[self.position - 1]


def read_delimited(text: str, limits: ReadLimits, problems: ProblemList) -> list[NumberedRow]:
    """All rows that are not blank, with their numbers. Raises IntakeError when a limit is passed."""
    csv.field_size_limit(limits.max_cell_characters)
    lines = list(io.StringIO(text, newline=""))
    hint = _SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    delimiter, width = _find_delimiter(lines[:_SAMPLE_LINES], (hint.group(1),) if hint else _DELIMITERS)
    rows = _read_records(lines, delimiter, width, limits, problems)
    return rows[1:] if hint else rows


def _find_delimiter(lines: list[str], candidates: Sequence[str]) -> tuple[str, int]:
    """The sign that cuts most of the lines into the same number of cells, at least two; and that number."""
    found = [(*_consistency(lines, delimiter), delimiter) for delimiter in candidates]
    score, width, delimiter = max(found, key=lambda candidate: candidate[0])
    return (delimiter, width) if score > 0 else (_NO_DELIMITER, 1)


def _consistency(lines: list[str], delimiter: str) -> tuple[float, int]:
    """How well `delimiter` cuts the lines, and the usual number of cells.

    0 when the lines do not look cut by it, else more for more equal rows, more cells and known column names.
    """
    problems = ProblemList()
    rows = [row for _, row in _read_records(lines, delimiter, 0, ReadLimits(), problems)]
    widths = [len(row) for row in rows]
    titles = next((position for position, width in enumerate(widths) if width > 1), len(widths))
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return 0.0, 0
    width, count = wide.most_common(1)[0]
    damaged = len(problems.as_tuple())
    if count / (len(widths) - titles + damaged) < _MIN_SHARE:
        return 0.0, 0
    names = max(sum(map(is_field_name, row)) for row in rows[:_HEADER_ROWS])
    share = count / (len(widths) + damaged)
    return share * (1 + math.log2(width)) + (names if names > 1 else 0), width


def _read_records(
    lines: list[str], delimiter: str, width: int, limits: ReadLimits, problems: ProblemList
) -> list[NumberedRow]:
    """Rows with cells. `width` is the usual number of cells (0: unknown), used to find sound rows after damage."""
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    rows: list[NumberedRow] = []
    number, characters = 0, 0
    while True:
        start = source.position
        number += 1
        key = "stray_quote"
        try:
            record = next(reader)
            damaged = source.position - start > 1 and _swallowed_rows(lines, start, len(record), delimiter, width)
        except StopIteration:
            return rows
        except csv.Error as error:
            damaged = True
            if "field larger" in str(error):
                key = "cell_too_long"
        if damaged:
            problems.add(key, number, value=lines[start].strip())
            source.position = _next_sound_row(lines, start + 1, delimiter, width)
            if skipped := source.position - start - 1:
                problems.add("lines_skipped", number, value=lines[start + 1].strip(), count=skipped)
            reader = csv.reader(source, delimiter=delimiter, strict=True)
        elif any(cell.strip() for cell in record):
            rows.append((number, record))
            characters += sum(map(len, record))
            check_size(len(rows), len(record), characters, limits)


def check_size(row_count: int, width: int, characters: int, limits: ReadLimits) -> None:
    """Raise IntakeError when a table has become too long, too wide or too full."""
    if row_count > limits.max_rows + 1:
        raise IntakeError("intake.error.too_many_rows", limit=limits.max_rows)
    if width > limits.max_columns:
        raise IntakeError("intake.error.too_many_columns", limit=limits.max_columns)
    if row_count * width > limits.max_cells:
        raise IntakeError("intake.error.too_many_cells", limit=limits.max_cells)
    if characters > limits.max_characters:
        raise IntakeError("intake.error.too_many_characters", limit=limits.max_characters)


def _swallowed_rows(lines: list[str], start: int, cells: int, delimiter: str, width: int) -> bool:
    """Whether a record over several lines is really a stray quote that ate the sound row after it."""
    return bool(width) and cells != width and _first_width(lines[start + 1 : start + 2], delimiter) == width


def _next_sound_row(lines: list[str], start: int, delimiter: str, width: int) -> int:
    """The first line from `start` on where a row of `width` cells begins, over several lines too; else `start`."""
    end = min(start + _MAX_RESYNC_LINES, len(lines))
    windows = ((at, lines[at : at + _MAX_RESYNC_LINES]) for at in range(start, end))
    sound = (at for at, window in windows if _first_width(window, delimiter) == width)
    return next(sound, start) if width else start


def _first_width(lines: list[str], delimiter: str) -> int:
    """How many cells the first row has that the lines hold; 0 when that is none."""
    try:
        return len(next(csv.reader(lines, delimiter=delimiter, strict=True), []))
    except csv.Error:
        return 0
