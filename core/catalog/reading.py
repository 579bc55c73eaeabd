"""Reads an uploaded file of any supported form into a Table. Runs in a child process: see isolation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from core.catalog.delimited import NumberedRow, read_delimited
from core.catalog.encodings import decode_text, refuse_known_binary
from core.catalog.header import Layout, drop_outside_rows, find_layout, unique_names
from core.catalog.json_tables import NumberedRecord, looks_like_json_lines, read_json, read_json_lines
from core.catalog.tables import MIB, ProblemList, ReadLimits, Table
from core.catalog.text import clean_line
from core.catalog.workbook import MergedCells, fill_merged, read_workbook
from core.errors import IntakeError

DEFAULT_LIMITS = ReadLimits()
_ARCHIVE = b"PK\x03\x04"
_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
_JSON_START = re.compile(r"\s*(\[\s*[\[{]|\{\s*[\"}])")  # no CSV begins like this; "[title],code" might
_WEB_PAGE = re.compile(r"\s*(<!doctype html|<html|<head|<body|<table|<meta)", re.IGNORECASE)
_XML = re.compile(r"\s*<\?xml|\s*<[\w:]+[^<>]*xmlns", re.IGNORECASE)


def read_table(content: bytes, file_name: str, limits: ReadLimits = DEFAULT_LIMITS) -> Table:
    """The table in a file's bytes; the name only helps where the bytes leave a choice.

    Raises IntakeError when the file cannot be read as a table at all.
    """
    if len(content) > limits.max_bytes:
        raise IntakeError("intake.error.too_many_bytes", limit=limits.max_bytes // MIB)
    refuse_known_binary(content)
    problems = ProblemList(limits.max_problems)
    if content.startswith(_ARCHIVE):
        rows, sheet, merged = read_workbook(content, limits, problems)
        return _table_of_rows(rows, limits, problems, form="xlsx", sheet=sheet, merged=merged)
    text, encoding = decode_text(content)
    if _WEB_PAGE.match(text):
        raise IntakeError("intake.error.web_page")
    if _XML.match(text[:2_000]):
        raise IntakeError("intake.error.xml")
    if _is_json(text, file_name):
        return _read_json_text(text, encoding, limits, problems)
    return _table_of_rows(read_delimited(text, limits, problems), limits, problems, form="csv", encoding=encoding)


def _is_json(text: str, file_name: str) -> bool:
    named = PurePath(file_name.replace("\0", "")).suffix.lower() in _JSON_ENDINGS
    return named or bool(_JSON_START.match(text)) or looks_like_json_lines(text)


def _read_json_text(text: str, encoding: str, limits: ReadLimits, problems: ProblemList) -> Table:
    lines = looks_like_json_lines(text)
    columns, records = read_json_lines(text, limits, problems) if lines else read_json(text, limits, problems)
    return _table_of_records(columns, records, encoding, "jsonl" if lines else "json", limits, problems)


def _table_of_records(
    columns: list[str],
    records: list[NumberedRecord],
    encoding: str,
    form: str,
    limits: ReadLimits,
    problems: ProblemList,
) -> Table:
    rows = []
    for number, record in records:
        row = [record.get(column, "") for column in columns]
        for position, cell in enumerate(row):
            if len(cell) > limits.max_cell_characters:
                problems.add("cell_too_long", number, columns[position], cell)
                row[position] = ""
        rows.append(tuple(row))
    names = unique_names([clean_line(column) for column in columns])
    numbers = tuple(number for number, _ in records)
    return Table(names, tuple(rows), numbers, encoding, form, None, problems.as_tuple())


def _table_of_rows(
    rows: list[NumberedRow],
    limits: ReadLimits,
    problems: ProblemList,
    form: str,
    encoding: str = "",
    sheet: str = "",
    merged: Sequence[MergedCells] = (),
) -> Table:
    if not rows:
        raise IntakeError("intake.error.no_rows")
    layout = find_layout(rows)
    data = drop_outside_rows(rows, layout, problems)
    if not data:
        raise IntakeError("intake.error.no_rows")
    fill_merged(data, merged, limits, problems)
    if layout.header is None:
        problems.add("no_header")
    names = layout.names
    if form == "csv":
        names, data = _settle_widths(layout, data, problems)
    width = max(len(names), *(len(cells) for _, cells in data))
    names = unique_names([*names, *[""] * (width - len(names))])
    full = [[*cells, *[""] * (width - len(cells))] for _, cells in data]
    kept = _used_columns(layout, names, full)
    return Table(
        columns=tuple(names[position] for position in kept),
        rows=tuple(tuple(cells[position] for position in kept) for cells in full),
        row_numbers=tuple(number for number, _ in data),
        encoding=encoding,
        format=form,
        header_row=None if layout.header is None else rows[layout.header][0],
        problems=problems.as_tuple(),
        sheet=sheet,
    )


def _settle_widths(
    layout: Layout, data: list[NumberedRow], problems: ProblemList
) -> tuple[tuple[str, ...], list[NumberedRow]]:
    """Rows with more or fewer cells than the header. What most rows do is the file's style, not an error.

    A longer row has its cells under the wrong names, most likely, and is left out; a shorter one is kept.
    """
    width = len(layout.names)
    lengths = [_filled_width(cells) for _, cells in data]
    longer = sum(length > width for length in lengths)
    if 2 * longer > len(data):
        usual = sorted(lengths)[len(lengths) // 2]
        missing = [""] * (usual - width)
        is_counted = [cells[0].strip() for _, cells in data] == [str(number) for number in range(1, len(data) + 1)]
        # R writes numbers before the rows and no name above them: all names would stand one column too far left
        names = [*missing, *layout.names] if is_counted and usual == width + 1 else [*layout.names, *missing]
        return unique_names(names), data
    report_short = 2 * sum(len(cells) < width for _, cells in data) <= len(data)
    kept = []
    for (number, cells), length in zip(data, lengths, strict=True):
        if length > width:
            problems.add("too_many_cells", number, value=" / ".join(cells), cells=length, expected=width)
            continue
        if len(cells) < width and report_short:
            problems.add("too_few_cells", number, value=" / ".join(cells), cells=len(cells), expected=width)
        kept.append((number, cells[:width]))
    if not kept:
        raise IntakeError("intake.error.no_rows")
    return layout.names, kept


def _filled_width(cells: Sequence[str]) -> int:
    return next((width for width in range(len(cells), 0, -1) if cells[width - 1].strip()), 0)


def _used_columns(layout: Layout, names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Positions of the columns to keep: all that the header names, and unnamed ones that hold something."""
    unnamed = {position for position, name in enumerate(names) if name == f"column_{position + 1}"}
    filled = {position for position in unnamed if any(row[position].strip() for row in rows)}
    return [position for position in range(len(names)) if position not in unnamed or position in filled]
