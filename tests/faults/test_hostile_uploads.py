"""Uploads that are meant to hurt: each is read exactly or refused with one sentence, quickly and in little memory."""

import contextlib
import io
import json
import random
import resource
import time
import zipfile
import zlib

import pytest
from openpyxl import Workbook

from core.catalog.courses import build_courses
from core.catalog.isolation import read_table_isolated
from core.catalog.mapping import COURSE_FIELDS, STUDENT_FIELDS, ColumnMapping
from core.catalog.reading import read_table
from core.catalog.students import build_students
from core.catalog.tables import Table
from core.config import DATA_FOLDER
from core.enhancement.wording import added_spans
from core.errors import IntakeError

MIB = 1024 * 1024
MAX_SECONDS = 20.0
MAX_GROWTH_MIB = 100  # of the reading app

WORKBOOK_XML = (
    '<?xml version="1.0"?>{doctype}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS_XML = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)
ROOT_XML = RELATIONS_XML.replace("worksheets/sheet1.xml", "xl/workbook.xml").replace("/worksheet", "/officeDocument")
TYPES_XML = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)


def workbook_of(sheet_data: str | bytes, doctype: str = "", **more: bytes) -> bytes:
    """A minimal workbook around the given rows, and other parts by name, or in place of these."""
    if isinstance(sheet_data, str):
        namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        sheet_data = f'<worksheet xmlns="{namespace}"><sheetData>{sheet_data}</sheetData></worksheet>'.encode()
    parts = {
        "[Content_Types].xml": TYPES_XML,
        "_rels/.rels": ROOT_XML,
        "xl/workbook.xml": WORKBOOK_XML.format(doctype=doctype),
        "xl/_rels/workbook.xml.rels": RELATIONS_XML,
        "xl/worksheets/sheet1.xml": sheet_data,
        **more,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


HEADER = f'<row r="1">{text_cell("A1", "code")}{text_cell("B1", "title")}</row>'
ROW = f'<row r="2">{text_cell("A2", "007")}{text_cell("B2", "Bond")}</row>'
ROWS = HEADER + ROW


def lying_archive() -> bytes:
    """A workbook whose directory says that a part is small, while a hundred megabytes come out of it."""
    content = bytearray(workbook_of(b" " * (120 * MIB)))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        position = content.rfind(signature)
        content[position + offset : position + offset + 4] = (1000).to_bytes(4, "little")
    return bytes(content)


def noise(characters: int) -> str:
    """Text that does not pack so well that the ratio gives it away."""
    return "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz    ", k=characters))


def one_text_in_many_cells() -> bytes:
    """A workbook of 86 KiB that is 600 MiB once each cell is written out."""
    strings_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{strings_type}"/></Types>'
    texts = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{noise(130_000)}</t></si></sst>'
    )
    cells = '<c t="s"><v>0</v></c>' * 8
    rows = "".join(f'<row r="{n}">{text_cell(f"A{n}", f"C{n}")}{cells}</row>' for n in range(2, 602))
    return workbook_of(
        HEADER + rows,
        **{
            "[Content_Types].xml": TYPES_XML.replace("</Types>", override).encode(),
            "xl/sharedStrings.xml": texts.encode(),
        },
    )


def one_text_for_many_courses() -> bytes:
    """JSON of 200 KiB in which 6,000 courses take over what their department says."""
    courses = [{"code": f"C{n}", "title": f"T{n}"} for n in range(6_000)]
    return json.dumps([{"department": noise(100_000), "courses": courses}]).encode()


def damaged_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def saved_workbook() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


FILE_ENTITY = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = "<!DOCTYPE w [" + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9)) + "]>"
UTF16_ENTITY = f'<?xml version="1.0" encoding="UTF-16"?>{FILE_ENTITY}<worksheet/>'
WIDE_ROWS = "".join(f'<row r="{n}">{text_cell(f"XFD{n}", "x")}</row>' for n in range(2, 3000))

REFUSED = {
    "a zip bomb": lambda: workbook_of(b" " * (120 * MIB)),
    "a zip bomb that lies about its size": lying_archive,
    "a zip of a thousand parts": lambda: workbook_of(ROWS, **{f"xl/media/{n}.png": b"x" for n in range(1000)}),
    "an external entity": lambda: workbook_of(ROWS, doctype=FILE_ENTITY),
    "a billion laughs": lambda: workbook_of(ROWS, doctype=LAUGHS),
    "an entity in another encoding": lambda: workbook_of(UTF16_ENTITY.encode("utf-16")),
    "a cell beyond the last row": lambda: workbook_of(
        ROWS + f'<row r="9999999999">{text_cell("A9999999999", "x")}</row>'
    ),
    "a cell beyond the last column": lambda: workbook_of(HEADER + f'<row r="2">{text_cell("ZZZZZZ2", "x")}</row>'),
    "a cell in the last corner": lambda: workbook_of(ROWS + f'<row r="1048576">{text_cell("XFD1048576", "x")}</row>'),
    "rows out to the last column": lambda: workbook_of(HEADER + WIDE_ROWS),
    "one long text in thousands of cells": one_text_in_many_cells,
    "one long text for thousands of courses": one_text_for_many_courses,
    "half a workbook": lambda: damaged_half(saved_workbook()),
    "a sheet that is no XML": lambda: workbook_of(b"\x01\x02 not xml <row"),
    "half a JSON file": lambda: damaged_half((DATA_FOLDER / "en_mcgill_courses.json").read_bytes()),
    "a JSON of brackets": lambda: b"[" * 5_000_000,
    "a JSON with a huge number": lambda: b'[{"title": ' + b"9" * 5_000_000 + b",}]",
    "a million columns": lambda: b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n1\n",
    "a file of NUL": lambda: bytes(5_000_000),
    "a table with NUL": lambda: b"code,title\nA1,On\0e\n",
    "compressed noise": lambda: zlib.compress(bytes(range(256)) * 1000),
    "mixed encodings": lambda: "학수번호,교과목명\n".encode() + "AI101,인공지능\n".encode("cp949") * 3,
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_a_sentence_quickly_and_in_little_memory(what):
    content = REFUSED[what]()
    memory_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with pytest.raises(IntakeError) as caught:
        read_table_isolated(content, f"{what}.xlsx")
    assert time.perf_counter() - started < MAX_SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_before) / 1024 < MAX_GROWTH_MIB
    assert str(caught.value).endswith(".")


def test_a_gigabyte_like_cell_costs_its_row_only():
    content = b'code,title\nA1,One\nA2,"' + b"x" * (50 * MIB) + b'"\nA3,Three\n'
    table = read_table_isolated(content, "courses.csv")
    assert table.rows == (("A1", "One"), ("A3", "Three"))
    assert [(problem.message.key, problem.row_number) for problem in table.problems] == [
        ("intake.problem.cell_too_long", 3)
    ]


@pytest.mark.parametrize("unit", ["1", "0.0", "e\u0315\u0316", "\u0315\u0316", "<a ", "&a", "(a", "A. "])
def test_endless_cells_do_not_keep_the_app_from_everything_else(unit):
    """What was read is understood and shown by the app's own process: no field may take quadratic time there."""
    cell = unit * (130_000 // len(unit))
    started = time.perf_counter()
    fields = {field: field for field in COURSE_FIELDS}
    rows = (("A1", "One", *[cell] * 10), ("A2", cell, *[""] * 10))
    courses = build_courses(Table((*COURSE_FIELDS, "note"), rows, (2, 3)), ColumnMapping(fields)).courses
    assert all(added_spans(course, "Quaternions are studied.") for course in courses)
    fields = {field: field for field in STUDENT_FIELDS}
    rows = (("S1", *[cell] * 5), ("S2", "", "", "", "A1", cell))
    assert len(build_students(Table(STUDENT_FIELDS, rows, (2, 3)), ColumnMapping(fields), {"A1": "A1"}).students) == 2
    assert time.perf_counter() - started < MAX_SECONDS


def test_many_unclosed_quotes_do_not_take_quadratic_time():
    content = b"code,title,note\n" + b'A1,"One,x\n' * 20_000 + b"A2,Two,y\n" * 10
    started = time.perf_counter()
    with contextlib.suppress(IntakeError):
        read_table_isolated(content, "courses.csv")
    assert time.perf_counter() - started < MAX_SECONDS


def test_formulas_are_never_run_and_their_stored_results_are_read():
    formula = '<row r="3"><c r="A3"><f>CALL("x")</f><v>5</v></c><c r="B3"><f>1+1</f></c></row>'
    table = read_table_isolated(workbook_of(ROWS + formula), "courses.xlsx")
    assert table.rows == (("007", "Bond"), ("5", ""))
    assert [problem.value for problem in table.problems] == ["=1+1"]


def test_a_claimed_size_of_the_whole_sheet_is_not_believed():
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{namespace}"><dimension ref="A1:XFD1048576"/><sheetData>{ROWS}</sheetData></worksheet>'
    assert read_table_isolated(workbook_of(sheet.encode()), "courses.xlsx").rows == (("007", "Bond"),)


@pytest.mark.parametrize("seed", range(40))
def test_a_workbook_with_flipped_bytes_is_read_or_refused(seed):
    chance = random.Random(seed)
    content = bytearray(workbook_of(ROWS))
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    try:
        table = read_table(bytes(content), "courses.xlsx")
    except IntakeError:
        return
    assert table.rows
