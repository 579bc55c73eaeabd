"""Tables as files, in the formats people use. Texts stay as they are, but nothing in them can act as a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from core.catalog.export_safety import escape_cell
from core.errors import CourseLiftError

Value = str | int | float | datetime | None  # times are aware; None where nothing is known
_STEM_CHARACTERS = 50  # of up to 4 bytes, where names of files have 255
XLSX_CELL_CHARACTERS = 32_767  # Excel's own limit; openpyxl would cut without a word


class ExportFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"  # UTF-8 with a byte order mark: opens right in Excel with Korean
    XLSX = "xlsx"
    JSONL = "jsonl"  # one object a line
    PARQUET = "parquet"  # typed columns, for data work

    @property
    def mime_type(self) -> str:
        """What a browser is told."""
        return _MIME_TYPES[self]

    @property
    def is_for_people(self) -> bool:
        """Opened in a spreadsheet program, so that headings are in the reader's language; else names are fixed."""
        return self in (ExportFormat.CSV, ExportFormat.XLSX)


_MIME_TYPES = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}


def file_stem(name: str) -> str:
    """The beginning of a file name out of what people call something, short enough for every disk in every script."""
    return "".join(sign if sign.isalnum() else "-" for sign in name[:_STEM_CHARACTERS])


def write_table(format: ExportFormat, names: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A table with one heading as a file. `names` are unique.

    CSV puts an apostrophe before texts that a spreadsheet program could take for a formula (OWASP). XLSX marks such
    cells as text, as Excel itself does, and leaves the text as it is. JSON lines and Parquet hold texts unchanged.
    Raises CourseLiftError when a text is longer than Excel allows in a cell.
    """
    if format is ExportFormat.CSV:
        return _csv(names, rows)
    if format is ExportFormat.XLSX:
        return _xlsx(names, rows)
    return _json_lines(names, rows) if format is ExportFormat.JSONL else _parquet(names, rows)


def _csv(names: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    for row in (names, *rows):
        writer.writerow([escape_cell(value) if isinstance(value, str) else _plain(value) for value in row])
    return text.getvalue().encode("utf-8-sig", errors="replace")  # JSON can hold half a surrogate pair


def _json_lines(names: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    records = (dict(zip(names, map(_plain, row), strict=True)) for row in rows)
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return "".join(lines).encode(errors="replace")


def _parquet(names: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [pa.array(map(_storable, column)) for column in columns]
    content = io.BytesIO()
    pq.write_table(pa.table(dict(zip(names, arrays, strict=True))), content)
    return content.getvalue()


def _xlsx(names: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    table = [[_allowed(value, number) for value in row] for number, row in enumerate((names, *rows), 1)]
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in table:
        sheet.append([_cell(sheet, value) for value in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _allowed(value: Value, row: int) -> Value:
    """The value without what a workbook cannot hold."""
    plain = _plain(value)
    if not isinstance(plain, str):
        return plain
    text: str = ILLEGAL_CHARACTERS_RE.sub("", plain.encode(errors="replace").decode())
    if len(text) > XLSX_CELL_CHARACTERS:
        raise CourseLiftError("export.too_long_for_excel", row=row, maximum=XLSX_CELL_CHARACTERS)
    return text


def _cell(sheet: WriteOnlyWorksheet, value: Value) -> Any:
    if not isinstance(value, str) or escape_cell(value) == value:
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    cell.quotePrefix = True  # what Excel stores for a typed apostrophe: text it stays, also after editing
    return cell


def _plain(value: Value) -> str | int | float | None:
    return value.isoformat() if isinstance(value, datetime) else value


def _storable(value: Value) -> Value:
    """Text without half surrogate pairs, which Arrow refuses."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
