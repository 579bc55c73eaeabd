import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.cell_range import CellRange

from core.catalog.reading import read_table
from core.catalog.tables import ReadLimits
from core.errors import IntakeError
from core.records import Severity


def saved(workbook: Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def edited(workbook: Workbook, *changes: bytes) -> bytes:
    """A workbook as another program writes it: the first, third, ... of `changes` become the next one."""
    with zipfile.ZipFile(io.BytesIO(saved(workbook))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            for old, new in zip(changes[::2], changes[1::2], strict=True):
                content = content.replace(old, new)
            archive.writestr(name, content)
    return out.getvalue()


def book(*rows) -> Workbook:
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    return workbook


def read(workbook: Workbook, **limits: int):
    return read_table(saved(workbook), "courses.xlsx", ReadLimits(**limits))


def keys(table) -> list[str]:
    return [problem.message.key.rpartition(".")[2] for problem in table.problems]


def test_values_are_texts_as_a_person_reads_them():
    table = read(
        book(
            ("code", "title", "number", "half", "day", "moment", "open"),
            ("007", "로봇", 1234.0, 1.5, date(2026, 3, 2), datetime(2026, 3, 2, 9, 30), True),
        )
    )
    assert table.rows == (("007", "로봇", "1234", "1.5", "2026-03-02", "2026-03-02 09:30:00", "TRUE"),)
    assert table.format == "xlsx"


@pytest.mark.parametrize(
    ("number", "mask", "shown"),
    [
        (7, "000", "007"),
        (1234, "000", "1234"),
        (101, '"CS-"000', "CS-101"),
        (1234, '"CS-"000', "CS-1234"),
        (20260001, "0000-0000", "2026-0001"),
        (7, r"\C\S00", "CS07"),
        (3, '0" 학점"', "3"),
        (3, "0.00", "3"),
        (-7, "000", "-7"),
        (1234, "#,##0", "1234"),
    ],
)
def test_a_number_shown_through_a_mask_is_read_as_it_is_shown(number, mask, shown):
    workbook = book(("code", "title"), (number, "Bond"))
    workbook.active["A2"].number_format = mask
    assert read(workbook).rows == ((shown, "Bond"),)


def test_a_number_has_the_digits_that_excel_shows():
    content = edited(book(("code", "title"), (1.2, "One"), (0.00001234, "Two")), b"<v>1.2<", b"<v>1.2000000000000002<")
    assert read_table(content, "courses.xlsx").column("code") == ("1.2", "1.234e-05")


def test_merged_header_cells_are_joined():
    workbook = book(("학수번호", "교과목명", "시간", None), (None, None, "강의", "실습"), ("AI101", "인공지능", 3, 1))
    workbook.active.merge_cells("C1:D1")
    workbook.active.merge_cells("A1:A2")
    table = read(workbook)
    assert table.columns == ("학수번호", "교과목명", "시간 강의", "시간 실습")
    assert (table.rows, table.problems) == ((("AI101", "인공지능", "3", "1"),), ())


def test_a_department_merged_over_several_rows_is_that_of_each():
    rows = [("컴퓨터학과", "A1", "One"), (None, "A2", "Two"), (None, "A3", "Three"), (None, "B1", "Four")]
    workbook = book(("개설학과", "학수번호", "교과목명"), *rows)
    workbook.active.merge_cells("A2:A4")
    table = read(workbook)
    assert table.column("개설학과") == ("컴퓨터학과", "컴퓨터학과", "컴퓨터학과", "")
    (problem,) = table.problems
    assert (problem.message.key, problem.message.params) == ("intake.problem.merged_cells", {"count": 2})
    assert problem.severity is Severity.NOTE


def test_a_department_merged_over_rows_and_columns_is_that_of_each_row():
    rows = [("A1", "One", "컴퓨터학과", None, "3"), ("A2", "Two", None, None, "3"), ("A3", "Three", "기계과", "x", "3")]
    workbook = book(("학수번호", "교과목명", "개설학과", "비고", "학점"), *rows)
    workbook.active.merge_cells("C2:D3")
    table = read(workbook)
    assert table.column("개설학과") == ("컴퓨터학과", "컴퓨터학과", "기계과")
    assert table.column("비고") == ("", "", "x")


def test_merged_cells_that_overlap_endlessly_are_refused():
    workbook = book(("code", "title"), *[("A", "B")] * 20)
    ranges = [CellRange(f"A{top}:A21") for top in range(2, 20)]
    workbook.active.merged_cells.ranges.update(ranges)
    with pytest.raises(IntakeError) as caught:
        read(workbook, max_cells=100)
    assert caught.value.message.key == "intake.error.suspicious_excel"


def test_signs_that_a_workbook_writes_as_numbers_are_read():
    table = read(book(("code", "title"), ("A1", "a_x000D_\nb"), ("A2", "snake_xyz")))
    assert table.column("title") == ("a\nb", "snake_xyz")


def test_half_characters_do_not_get_through():
    """No database holds them, and a page that shows them stops with an error."""
    assert read(book(("code", "title"), ("A1", "a_xD800_b_x0000_"))).rows == (("A1", "a?b"),)


def test_the_sheet_with_the_table_is_read_and_the_others_named():
    workbook = book(("안내",), ("이 파일은 개설과목입니다.",))
    courses = workbook.create_sheet("개설과목")
    for row in (("code", "title"), ("A1", "One"), ("A2", "Two")):
        courses.append(row)
    small = workbook.create_sheet("codes")
    small.append(("k", "v"))
    hidden = workbook.create_sheet("hidden")
    for _ in range(10):
        hidden.append(("title", "x", "y", "z"))
    hidden.sheet_state = "hidden"
    table = read(workbook)
    assert table.sheet == "개설과목"
    assert len(table.rows) == 2
    assert table.problems[0].message.params == {"sheet": "개설과목", "others": "codes"}


def test_a_formula_without_a_stored_result_is_reported_and_not_run():
    table = read(book(("code", "title"), ("A1", "=1+1"), ("A2", "Two")))
    assert table.rows[0] == ("A1", "")
    assert [(p.message.key, p.row_number, p.column, p.value) for p in table.problems] == [
        ("intake.problem.formula_without_result", 2, "B", "=1+1")
    ]


def test_an_excel_error_is_reported_and_read_as_empty():
    workbook = book(("code", "title"), ("A1", "One"), ("A2", "Two"))
    workbook.active["B3"] = "#REF!"
    table = read(workbook)
    assert table.rows[1] == ("A2", "")
    assert keys(table) == ["excel_error"]


def test_row_numbers_are_those_that_excel_shows():
    workbook = Workbook()
    for cell, value in {"B3": "code", "C3": "title", "B7": "A1", "C7": "One"}.items():
        workbook.active[cell] = value
    table = read(workbook)
    assert (table.header_row, table.row_numbers) == (3, (7,))
    assert table.columns == ("code", "title")


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        ({"max_rows": 2}, "too_many_rows"),
        ({"max_columns": 2}, "too_many_columns"),
        ({"max_characters": 11}, "too_many_characters"),
    ],
)
def test_a_workbook_beyond_a_limit_is_refused(limits, key):
    with pytest.raises(IntakeError) as caught:
        read(book(("code", "title", "x"), *[("A", "B", "C")] * 5), **limits)
    assert caught.value.message.key == f"intake.error.{key}"


def test_a_sheet_without_cells_is_refused():
    with pytest.raises(IntakeError) as caught:
        read(Workbook())
    assert caught.value.message.key == "intake.error.no_rows"


def test_a_strict_workbook_is_refused_with_what_to_do():
    usual, strict = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"
    kinds = (b"spreadsheetml/", b"officeDocument/")
    changes = [part for kind in kinds for part in (usual + kind + b"2006/", strict + kind)]
    with pytest.raises(IntakeError) as caught:
        read_table(edited(book(("code", "title"), ("A1", "One")), *changes), "courses.xlsx")
    assert caught.value.message.key == "intake.error.old_excel"
