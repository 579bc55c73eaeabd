"""Whatever is written is read back; whatever is not a table is refused with a sentence, never with a crash."""

import csv
import io

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.catalog.mapping import propose_mapping, propose_student_mapping
from core.catalog.reading import read_table
from core.errors import IntakeError

NAMES = ("course_id", "title", "department", "description", "credits", "note")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp949")
FIRST = st.sampled_from(("AI", "과목 하나", "<b>x</b>", "007", "-3", "=1+1"))
# Texts with every sign that CSV cares about; no lone surrogates or NUL, which no text file can hold.
TEXT = st.text(
    st.sampled_from(",;\t|\"' \n abcXYZ가나다라힣1234567890-=<&") | st.characters(exclude_categories=("Cs", "Cc")),
    max_size=30,
)


@st.composite
def tables(draw):
    width = draw(st.integers(2, len(NAMES)))
    row = st.tuples(FIRST, *[TEXT] * (width - 1))
    return NAMES[:width], draw(st.lists(row, min_size=1, max_size=8))


@settings(max_examples=300, deadline=None)
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    terminator=st.sampled_from(("\n", "\r\n")),
    titles=st.integers(0, 2),
)
def test_a_written_table_is_read_back_cell_by_cell(table, delimiter, encoding, quoting, terminator, titles):
    header, rows = table
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=terminator)
    writer.writerows([["Courses of the term"]] * titles)
    writer.writerow(header)
    writer.writerows(rows)
    try:
        content = out.getvalue().encode(encoding)
    except UnicodeEncodeError:
        assume(False)  # CP949 lacks most of the world's characters
    try:
        found = read_table(content, "courses.csv")
    except IntakeError as error:
        # rare characters alone cannot be told from a Western file, and are refused rather than guessed
        assert encoding == "cp949"
        assert error.message.key == "intake.error.encoding"
        return
    assert found.columns == header
    assert found.rows == tuple(rows)
    assert found.encoding == encoding or content.isascii()


@settings(max_examples=400, deadline=None)
@given(content=st.binary(max_size=400), name=st.sampled_from(("a.csv", "a.json", "a.xlsx", "a")))
def test_random_bytes_give_a_table_or_a_sentence(content, name):
    read_and_map(content, name)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=300), prefix=st.sampled_from(("", "[{", '{"title":', "<", "sep=,\n", "code,title\n")))
def test_random_texts_give_a_table_or_a_sentence(text, prefix):
    read_and_map((prefix + text).encode("utf-8", "replace"), "a.csv")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_table_gives_a_table_or_a_sentence(data):
    content = bytearray('학수번호,교과목명,설명\nAI101,인공지능,"기초, 응용"\nAI102,로봇,움직임\n'.encode() * 3)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_and_map(bytes(content), "a.csv")


def read_and_map(content: bytes, name: str) -> None:
    try:
        table = read_table(content, name)
    except IntakeError:
        return
    assert table.rows
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert len(table.row_numbers) == len(table.rows)
    assert len(set(table.columns)) == len(table.columns)
    assert set(propose_mapping(table).fields.values()) <= set(table.columns)
    assert set(propose_student_mapping(table).fields.values()) <= set(table.columns)
