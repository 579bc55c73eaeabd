"""XLSX workbooks: the archive is inspected before anything is unpacked into memory, then read row by row."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from core.catalog.delimited import NumberedRow, check_size
from core.catalog.tables import MIB, ProblemList, ReadLimits
from core.catalog.text import storable
from core.errors import IntakeError

_CHUNK = 256 * 1024
_SAMPLED_ROWS = 50
_MAX_SHEETS = 50
_LAST_ROW = 1_048_576  # of Excel; openpyxl would patiently count to any row that a cell claims
_FORMULAS = frozenset((b"<f>", b"<f "))
_MERGES = frozenset((b"mergeCell ",))
_MARKS = _FORMULAS | _MERGES  # what is looked for in the parts, because reading it takes a second pass
_MASK = re.compile(r'(?:"[^"]*"|\\.|[-/ ()]|0)+')  # the number format of codes like 007, CS-101 or 2026-0001
_MASK_PART = re.compile(r'"([^"]*)"|\\(.)|([-/ ()])|0')
_ERRORS = frozenset(("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"))


class MergedCells(NamedTuple):
    """Cells that show the text of the topmost one; where they cover several columns, it is that of the first."""

    column: int  # 0-based
    first: int  # numbers of rows
    last: int


class Sheet(NamedTuple):
    """What the sheet holds that has the table."""

    rows: list[NumberedRow]  # that are not blank
    title: str
    merged: list[MergedCells]  # over several rows


def read_workbook(content: bytes, limits: ReadLimits, problems: ProblemList) -> Sheet:
    """The sheet that holds the table.

    Numbers come as Excel shows whole ones ("1234", "007" where the format pads), dates in ISO form, formulas as
    the result that Excel stored. Raises IntakeError.
    """
    marks = inspect_archive(content, limits)
    from openpyxl import load_workbook  # only here: CSV and JSON need not wait for it

    try:
        with_results = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = _choose_sheet(with_results, problems)
        formulas = None
        if marks & _FORMULAS:
            plain = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            formulas = _rows_of(plain[sheet.title])
        rows = _read_rows(sheet, formulas, limits, problems)
        merged = list(_merged_cells(sheet)) if marks & _MERGES else []
    except (IntakeError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever a damaged part made it stumble over
        raise IntakeError("intake.error.damaged_excel") from error
    return Sheet(rows, sheet.title, merged)


def fill_merged(
    rows: Sequence[NumberedRow], merged: Sequence[MergedCells], limits: ReadLimits, problems: ProblemList
) -> None:
    """Write the text of merged cells, which the topmost one holds, into those below it that are empty.

    Raises IntakeError when that makes the table too full, or when they overlap as no program writes them.
    """
    numbers = [number for number, _ in rows]
    visited, filled = 0, 0
    for column, top, bottom in merged:
        first, end = bisect_left(numbers, top), bisect_right(numbers, bottom)
        visited += end - first
        if visited > limits.max_cells:
            raise IntakeError("intake.error.suspicious_excel")
        if first == end or numbers[first] != top or column >= len(rows[first][1]):
            continue
        text = rows[first][1][column]
        for _, cells in rows[first + 1 : end]:
            cells.extend([""] * (column + 1 - len(cells)))
            if text and not cells[column]:
                cells[column] = text
                filled += 1
    if filled:
        problems.add("merged_cells", count=filled)
        check_size(len(rows), 0, sum(len(cell) for _, cells in rows for cell in cells), limits)


def inspect_archive(content: bytes, limits: ReadLimits) -> frozenset[bytes]:
    """Which of _MARKS the parts have. Raises IntakeError for archives that are no workbook, or are made to hurt.

    Counts what really comes out while inflating, because the sizes in an archive's directory can lie.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" not in names:
                raise IntakeError(f"intake.error.{_kind_of_archive(names)}")
            if len(entries) > limits.max_archive_entries or len(names) < len(entries):
                raise IntakeError("intake.error.suspicious_excel")
            return _inflate_all(archive, entries, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise IntakeError("intake.error.damaged_excel") from error


def _kind_of_archive(names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "old_excel"
    if "word/document.xml" in names or any(name.startswith(("ppt/", "Contents/", "content.xml")) for name in names):
        return "old_office"
    return "archive"


def _inflate_all(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], limits: ReadLimits) -> frozenset[bytes]:
    total, marks = 0, set[bytes]()
    for entry in entries:
        size, tail = 0, b""
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                total += len(chunk)
                ratio = size / max(entry.compress_size, 1)
                if total > limits.max_archive_bytes or (size > MIB and ratio > limits.max_archive_ratio):
                    raise IntakeError("intake.error.suspicious_excel")
                if entry.filename.endswith((".xml", ".rels", ".vml")):
                    text = (tail + chunk).replace(b"\0", b"")  # UTF-16 parts show their ASCII this way
                    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                        raise IntakeError("intake.error.suspicious_excel")
                    marks.update(mark for mark in _MARKS - marks if mark in text)
                    tail = chunk[-32:]
    return frozenset(marks)


def _choose_sheet(workbook: Any, problems: ProblemList) -> Any:
    """The visible sheet with the most filled cells in its first rows; the others that hold tables are named."""
    if not workbook.worksheets:  # openpyxl sees none in "Strict Open XML" workbooks
        raise IntakeError("intake.error.old_excel")
    filled = {}
    for sheet in workbook.worksheets[:_MAX_SHEETS]:
        if sheet.sheet_state == "visible":
            sheet.reset_dimensions()  # the stated ones can be wrong, or claim the last corner
            sample = zip(range(_SAMPLED_ROWS), sheet.iter_rows(values_only=True), strict=False)
            counts = [sum(value is not None for value in row) for _, row in sample]
            filled[sheet.title] = sum(count for count in counts if count > 1) or min(sum(counts), 1)
    if not any(filled.values()):
        raise IntakeError("intake.error.no_rows")
    best = max(filled, key=lambda title: filled[title])
    others = [title for title, count in filled.items() if title != best and count > 1]
    if others:
        problems.add("other_sheets", sheet=best, others=", ".join(others))
    return workbook[best]


def _rows_of(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()
    return iter(sheet.iter_rows(values_only=True))


def _read_rows(
    sheet: Any, formulas: Iterator[tuple[Any, ...]] | None, limits: ReadLimits, problems: ProblemList
) -> list[NumberedRow]:
    rows: list[NumberedRow] = []
    widest, characters = 0, 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        written = next(formulas, ()) if formulas is not None else ()
        if number > _LAST_ROW:
            raise IntakeError("intake.error.suspicious_excel")
        if not cells:
            continue
        if len(cells) > limits.max_columns:
            raise IntakeError("intake.error.too_many_columns", limit=limits.max_columns)
        texts = [_cell_text(cell) for cell in cells]
        for position, text in enumerate(texts):
            _report_cell(number, position, text, written, texts, limits, problems)
        if any(text.strip() for text in texts):
            rows.append((number, texts))
            widest = max(widest, len(texts))
            characters += sum(map(len, texts))
            check_size(len(rows), widest, characters, limits)
    return rows


def _merged_cells(sheet: Any) -> Iterator[MergedCells]:
    """Those of a sheet over several rows. They stand behind its rows, where openpyxl drops them."""
    from openpyxl.utils.cell import range_boundaries
    from openpyxl.xml.constants import SHEET_MAIN_NS
    from openpyxl.xml.functions import iterparse

    with sheet._get_source() as source:
        for _, element in iterparse(source):
            if element.tag == f"{{{SHEET_MAIN_NS}}}mergeCell":
                left, top, _, bottom = range_boundaries(element.get("ref"))
                if top < bottom:
                    yield MergedCells(left - 1, top, bottom)
            element.clear()


def _report_cell(
    number: int,
    position: int,
    text: str,
    written: tuple[Any, ...],
    texts: list[str],
    limits: ReadLimits,
    problems: ProblemList,
) -> None:
    """Report what is wrong with one cell, and empty it where its content is no data."""
    column = _letters(position)
    if text in _ERRORS:
        problems.add("excel_error", number, column, text)
        texts[position] = ""
    elif len(text) > limits.max_cell_characters:
        problems.add("cell_too_long", number, column, text)
        texts[position] = ""
    elif not text and position < len(written) and str(written[position] or "").startswith("="):
        problems.add("formula_without_result", number, column, str(written[position]))


def _cell_text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return _unescaped(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number_text(value, str(cell.number_format))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else f"{value}"


def _unescaped(text: str) -> str:
    """Signs that XML cannot hold stand as "_x000D_" in a workbook (ECMA-376 part 1, 22.9.2.19, ST_Xstring)."""
    if "_x" not in text:
        return text
    from openpyxl.utils.escape import unescape

    return storable(str(unescape(text)).replace("\r\n", "\n"))


def _number_text(value: int | float, number_format: str) -> str:
    """A number as a person reads it: no ".0" behind whole ones, leading zeros where the format asks for them.

    Excel shows 15 digits, so that what it counts up as 1.2000000000000002 is 1.2.
    """
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.15g}"
    text = str(int(value))
    return _masked(text, number_format) if value >= 0 and _MASK.fullmatch(number_format) else text


def _masked(digits: str, mask: str) -> str:
    """Digits as a number format of noughts and fixed signs shows them; those with a single nought only name a unit."""
    parts = list(_MASK_PART.finditer(mask))
    places = sum(part.group() == "0" for part in parts)
    if places < 2:
        return digits
    padded = digits.zfill(places)
    first = len(padded) - places + 1  # what is longer than the mask stands at its first nought
    signs = iter([padded[:first], *padded[first:]])
    return "".join(next(signs) if part.group() == "0" else "".join(filter(None, part.groups())) for part in parts)


def _letters(position: int) -> str:
    """The name that Excel gives the column at a 0-based position."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name
