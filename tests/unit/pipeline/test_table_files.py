from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pyarrow import parquet

from core.errors import CourseLiftError
from core.pipeline.table_files import XLSX_CELL_CHARACTERS, ExportFormat, write_table

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


@settings(deadline=None)  # the first example pays for an import
@given(ROWS)
def test_texts_come_back_unchanged_from_json_lines_and_parquet(rows: list[tuple[str, str]]) -> None:
    lines = write_table(ExportFormat.JSONL, ["a", "b"], rows).decode().split("\n")[:-1]
    assert [tuple(json.loads(line).values()) for line in lines] == rows
    table = parquet.read_table(io.BytesIO(write_table(ExportFormat.PARQUET, ["a", "b"], rows)))
    assert [tuple(row.values()) for row in table.to_pylist()] == rows


@settings(deadline=None)  # the first example pays for an import
@given(ROWS)
def test_no_cell_of_a_csv_begins_like_a_formula_and_the_rest_comes_back(rows: list[tuple[str, str]]) -> None:
    text = write_table(ExportFormat.CSV, ["a", "b"], rows).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    for row, original in zip(read, rows, strict=True):
        for cell, came in zip(row, original, strict=True):
            assert cell in (came, "'" + came)
            assert not cell.startswith(FORMULA_SIGNS) or float(cell) is not None


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2+3", "＝cmd", "\t=1"])
def test_a_cell_of_a_workbook_keeps_its_text_and_is_text_for_excel(text: str) -> None:
    (cell,) = next(load_workbook(io.BytesIO(write_table(ExportFormat.XLSX, [text], []))).active.iter_rows())
    assert cell.value == text
    assert cell.data_type == "s"
    assert cell.quotePrefix


def test_a_text_that_excel_would_cut_is_refused_with_its_row() -> None:
    rows = [["short"], ["x" * (XLSX_CELL_CHARACTERS + 1)]]
    with pytest.raises(CourseLiftError) as caught:
        write_table(ExportFormat.XLSX, ["a"], rows)
    assert caught.value.message.params["row"] == 3


def test_half_a_surrogate_pair_spoils_no_file() -> None:
    for format in ExportFormat:
        assert write_table(
            format,
            ["a"],
            [
                [
                    "\ud83d",
                ]
            ],
        )
