import io
import zipfile

import pytest

from core.catalog.reading import read_table
from core.catalog.tables import ReadLimits
from core.errors import IntakeError
from core.i18n import Translator


def archive_with(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512

REFUSED = {
    "an empty file": (b"", "empty"),
    "only spaces": (b" \n\n ", "empty"),
    "only a header": (b"course_id,title\n", "no_rows"),
    "a program": (b"MZ\x90\0\x03\0\0\0" + bytes(200), "program"),
    "a Linux program": (b"\x7fELF\x02\x01", "program"),
    "a PDF": (b"%PDF-1.7\n", "pdf"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "picture"),
    "a gzip archive": (b"\x1f\x8b\x08\0", "archive"),
    "a zip archive": (archive_with("courses.csv"), "archive"),
    "a Word document": (archive_with("word/document.xml"), "old_office"),
    "a binary workbook": (archive_with("xl/workbook.bin"), "old_excel"),
    "an old Excel file": (OLE + "Workbook".encode("utf-16-le"), "old_excel"),
    "a locked workbook": (OLE + "EncryptedPackage".encode("utf-16-le"), "locked_excel"),
    "a HWP document": (OLE + "HwpSummaryInformation".encode("utf-16-le"), "old_office"),
    "a cut-off workbook": (b"PK\x03\x04\x14\0\x06\0", "damaged_excel"),
    "a web page": (b"<!DOCTYPE html><html><table><tr><td>title</td></tr></table></html>", "web_page"),
    "a table out of a web page": ("<table border=1><tr><td>과목명</td></tr></table>".encode("cp949"), "web_page"),
    "an XML spreadsheet": (b'<?xml version="1.0"?><Workbook xmlns="urn:x"/>', "xml"),
    "NUL bytes": (b"course_id,title\nA1,A\0B\n", "binary"),
    "UTF-16 without a mark": ("course_id,title\nA1,AI\n".encode("utf-16-le"), "binary"),
    "UTF-32": ("course_id,title\nA1,AI\n".encode("utf-32"), "encoding"),
    "Western letters": ("code,title\nA1,Café crème brûlée\nA2,Über\n".encode("latin-1"), "encoding"),
    "Western quotes that pass as Korean": ("code,title\nA1,It’s mine\nA2,She’s here\n".encode("cp1252"), "encoding"),
    "broken UTF-8": ("학수번호,교과목명\n".encode() + b"\xff\xfe\xfa\n", "encoding"),
    "damaged JSON": (b'[{"title": "AI"}, {"titl', "damaged_json"),
    "JSON without records": (b'{"answer": 42, "list": [1, 2, 3]}', "no_records"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_gets_its_own_sentence(what):
    content, key = REFUSED[what]
    with pytest.raises(IntakeError) as caught:
        read_table(content, "upload.json" if "JSON" in what else "upload.csv")
    assert caught.value.message.key == f"intake.error.{key}"
    assert all(len(Translator(language).message(caught.value.message)) > 10 for language in ("ko", "en"))


@pytest.mark.parametrize(
    "name", ["upload.csv", "upload.xlsx", "upload.json", "noending", "../../etc/passwd", "a\0b.csv"]
)
def test_the_name_does_not_make_a_program_a_table(name):
    with pytest.raises(IntakeError) as caught:
        read_table(REFUSED["a program"][0], name)
    assert caught.value.message.key == "intake.error.program"


def test_a_file_beyond_the_size_limit_is_refused_before_it_is_looked_at():
    with pytest.raises(IntakeError, match="larger than 1 MiB"):
        read_table(b"a" * (1024 * 1024 + 1), "big.csv", ReadLimits(max_bytes=1024 * 1024))
