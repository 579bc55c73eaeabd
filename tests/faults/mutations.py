"""Real files, changed at random by a seed; and whether what was read of one is exact.

A file is made of rows of the real files in `data/`, as CSV in one of three encodings or as a workbook. A gentle change
swaps letters inside one row; a rough one hurts bytes anywhere, of a workbook also inside its parts, so that checksums
still fit.
"""

from __future__ import annotations

import csv
import html
import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from openpyxl import Workbook

from core.catalog.reading import read_table
from core.catalog.tables import Table
from core.config import DATA_FOLDER
from core.errors import IntakeError

FILES = ("en_rpi_catalog.csv", "ko_free_courses.csv", "students_synthetic.csv")
ROWS = 60  # of a real file, per mutated one
_NOISE = re.compile(r'[\s",;|]+')  # a delimiter that turns out to be none is text
_TAGS = re.compile(r"<[^>]*>")
_LETTERS = re.compile(rb"[a-z]{4,}")


@dataclass(frozen=True)
class Mutated:
    """One changed file."""

    name: str
    content: bytes
    is_gentle: bool  # one cell says something else, nothing more
    rows: tuple[tuple[str, ...], ...]  # of the file before, without its header
    is_workbook: bool


@cache
def _real_rows(name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO((DATA_FOLDER / name).read_text("utf-8-sig"), newline="")))


def mutated(seed: int) -> Mutated:
    """The file of this seed, always the same."""
    chance = random.Random(seed)
    name = chance.choice(FILES)
    header, *rows = _real_rows(name)
    start = chance.randrange(max(1, len(rows) - ROWS))
    chosen = [row for row in rows[start : start + ROWS] if len(row) == len(header)]
    encoding = chance.choice(["utf-8", "utf-8-sig", "cp949"])
    text = _as_csv([header, *chosen]).encode(encoding, errors="ignore").decode(encoding)
    before = tuple(tuple(row) for row in csv.reader(io.StringIO(text, newline="")))[1:]
    if chance.random() < 0.3:
        content = _as_workbook([header, *chosen])
        changed = _hurt_parts(content, chance) if chance.random() < 0.6 else _hurt(content, chance)
        return Mutated(name.replace(".csv", ".xlsx"), changed, False, before, True)
    content = text.encode(encoding)
    if chance.random() < 0.25 and (changed := _swap_letters(content, chance)) is not None:
        return Mutated(name, changed, True, before, False)
    return Mutated(name, _hurt(content, chance), False, before, False)


def judge(file: Mutated) -> tuple[str, str]:
    """How reading went: "read" or "refused", and what is wrong with that; "" when nothing is."""
    try:
        table = read_table(file.content, file.name)
    except IntakeError as error:
        sentence = str(error)
        return "refused", "" if sentence.endswith(".") and "\n" not in sentence else f"no sentence: {sentence}"
    return "read", _gently_wrong(table, file) if file.is_gentle else _roughly_wrong(table, file)


def _gently_wrong(table: Table, file: Mutated) -> str:
    """All rows are there, and all but one are as before."""
    if len(table.rows) != len(file.rows):
        return f"{len(table.rows)} rows of {len(file.rows)}"
    differing = sum(_bare("".join(new)) != _bare("".join(old)) for new, old in zip(table.rows, file.rows, strict=True))
    return f"{differing} rows differ" if differing > 1 else ""


def _roughly_wrong(table: Table, file: Mutated) -> str:
    """No cell says what the file does not, and no whole row of before is left out without a word."""
    source = _bare(_source_text(table, file))
    cells = [cell for row in table.rows for cell in row]
    invented = [cell for cell in cells if _bare(cell) not in source]
    if invented:
        return f"{len(invented)} cells that the file does not hold, such as {invented[0][:60]!r}"
    if table.problems or file.is_workbook:
        return ""
    found = _bare("".join(cells))
    intact = [row for row in file.rows if _bare(",".join(row)) in source]
    lost = [row for row in intact if _bare("".join(row)) not in found]
    return f"{len(lost)} rows are lost without a word, such as {lost[0][0][:40]!r}" if lost else ""


def _source_text(table: Table, file: Mutated) -> str:
    if not file.is_workbook:
        return file.content.decode(table.encoding)
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        parts = [archive.read(name).decode("utf-8", errors="replace") for name in archive.namelist()]
    return html.unescape("\n".join(f"{_TAGS.sub('', part)}\n{part}" for part in parts))


def _bare(text: str) -> str:
    return _NOISE.sub("", text)


def _as_csv(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _as_workbook(rows: list[list[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Courses")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _swap_letters(content: bytes, chance: random.Random) -> bytes | None:
    """Other letters in a word below the header."""
    words = list(_LETTERS.finditer(content, content.index(b"\n")))
    if not words:
        return None
    word = chance.choice(words)
    return content[: word.start()] + bytes(chance.choices(b"qxzw", k=len(word.group()))) + content[word.end() :]


def _hurt_parts(content: bytes, chance: random.Random) -> bytes:
    """Hurt one part of a workbook and pack it anew."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        victim = chance.choice(before.namelist() + ["xl/worksheets/sheet1.xml"] * 6)
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, _hurt(part, chance) if name == victim else part)
    return out.getvalue()


def _hurt(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice([1, 1, 2, 5])):
        content = chance.choice(_HURTS)(content or b"\n", chance)
    return content


def _flip(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def _cut(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.choice([1, 3, 50, 2000]) :]


def _end(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _insert(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    pieces = (
        b'"',
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\r",
        b"\n\n",
        b",,,,",
        b"\t",
        b";",
        b"'",
        b"<a>",
        b"\x1a",
        b"9e999",
    )
    piece = chance.choice([*pieces, chance.randbytes(8), b"x" * 200_000])
    return content[:at] + piece + content[at:]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    length = chance.choice([5, 100, 3000])
    return content[:at] + content[at : at + length] * chance.choice([2, 30]) + content[at + length :]


def _swap_rows(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


def _other_encoding(content: bytes, chance: random.Random) -> bytes:
    """Half of the file in another encoding."""
    half = chance.randrange(len(content))
    text = content[half:].decode("utf-8", errors="ignore")
    return content[:half] + text.encode(chance.choice(["utf-16-le", "cp949", "latin-1"]), errors="ignore")


def _other_delimiter(content: bytes, chance: random.Random) -> bytes:
    return content.replace(b",", chance.choice([b";", b"\t", b"|", b" "]), chance.choice([-1, 30, 300]))


_HURTS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _flip,
    _cut,
    _end,
    _insert,
    _insert,
    _repeat,
    _swap_rows,
    _other_encoding,
    _other_delimiter,
)
