import pytest

from core.catalog.reading import read_table
from core.catalog.tables import ReadLimits
from core.errors import IntakeError

HEADER = "course_id,title,credits\n"


def read(text: str, encoding: str = "utf-8", name: str = "courses.csv", **limits: int):
    return read_table(text.encode(encoding), name, ReadLimits(**limits))


def keys(table) -> list[tuple[str, int | None]]:
    return [(problem.message.key.rpartition(".")[2], problem.row_number) for problem in table.problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_recognised(delimiter):
    table = read(delimiter.join(("course_id", "title", "credits")) + "\n" + delimiter.join(("007", "AI", "3")) + "\n")
    assert table.columns == ("course_id", "title", "credits")
    assert table.rows == (("007", "AI", "3"),)


def test_a_delimiter_inside_texts_does_not_win():
    table = read("course_id;title\nA1;Wine, Cheese, Bread\nA2;Bread, Wine, Cheese\n")
    assert table.rows[0] == ("A1", "Wine, Cheese, Bread")


def test_the_separator_line_that_excel_writes_is_obeyed():
    assert read("sep=;\ncourse_id;title\nA1;AI\n").rows == (("A1", "AI"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_korean_is_read_in_each_encoding(encoding):
    table = read("학수번호,교과목명\nAI101,인공지능 개론\n", encoding)
    assert table.columns == ("학수번호", "교과목명")
    assert table.rows == (("AI101", "인공지능 개론"),)
    assert table.encoding == encoding


def test_quoted_cells_keep_delimiters_quotes_and_line_breaks():
    table = read(HEADER + '"A,1","He said ""hi""\nand left",3\n')
    assert table.rows == (("A,1", 'He said "hi"\nand left', "3"),)


def test_a_stray_quote_costs_one_row_and_is_reported():
    table = read(HEADER + 'A1,One,1\nA2,"Intro" to X,2\nA3,Three,3\nA4,"Four, or so",4\n')
    assert [row[0] for row in table.rows] == ["A1", "A3", "A4"]
    assert keys(table) == [("stray_quote", 3)]


def test_a_stray_quote_costs_no_row_of_several_lines_after_it():
    texts = {2: 'He said "hi" there'} | {n: f"First line,\nsecond line {n}" for n in range(3, 7)}
    rows = [f'A{n},"{texts.get(n, f"Plain {n}")}",{n}\n' for n in range(1, 58)]
    table = read(HEADER + "".join(rows))
    assert len(table.rows) == 56
    assert table.rows[1] == ("A3", "First line,\nsecond line 3", "3")
    assert keys(table) == [("stray_quote", 3)]
    assert table.row_numbers[[row[0] for row in table.rows].index("A9")] == 10


def test_lines_that_are_skipped_after_a_stray_quote_are_counted():
    table = read(HEADER + 'A1,One,1\nA2,"He said "hi"\nand more\nand left",2\nA3,Three,3\nA4,Four,4\n')
    assert [row[0] for row in table.rows] == ["A1", "A3", "A4"]
    assert keys(table) == [("stray_quote", 3), ("lines_skipped", 3)]
    assert table.problems[1].message.params == {"count": 2}


def test_an_unclosed_quote_does_not_swallow_the_rest_of_the_file():
    rows = "".join(f"A{n},Title {n},{n}\n" for n in range(3, 60))
    table = read(HEADER + 'A1,One,1\nA2,"Two,2\n' + rows)
    assert len(table.rows) == 58
    assert ("stray_quote", 3) in keys(table)


def test_an_unclosed_quote_that_meets_another_quote_is_reported():
    table = read(HEADER + 'A1,"One,1\nA2,Two,"\nA3,Three,3\nA4,Four,4\nA5,Five,5\n')
    assert {"A3", "A4", "A5"} <= {row[0] for row in table.rows}
    assert keys(table) == [("too_few_cells", 2)]


def test_a_row_with_too_many_cells_is_left_out_and_a_short_one_is_kept():
    table = read(HEADER + "A1,One,1\nA2,Wine, and cheese,2\nA3,Three\nA4,Four,4\nA5,Five,5\n")
    assert [row[0] for row in table.rows] == ["A1", "A3", "A4", "A5"]
    assert table.rows[1] == ("A3", "Three", "")
    assert keys(table) == [("too_many_cells", 3), ("too_few_cells", 4)]


def test_trailing_empty_columns_and_blank_rows_vanish():
    table = read("course_id,title,,\nA1,One,,\n,,,\n\nA2,Two,,\n")
    assert table.columns == ("course_id", "title")
    assert table.row_numbers == (2, 5)


def test_repeated_header_names_stay_apart():
    assert read("title,note,note\nA,b,c\n").columns == ("title", "note", "note (2)")


def test_codes_that_look_like_numbers_stay_text():
    assert read(HEADER + "007,Bond,3.0\n").rows == (("007", "Bond", "3.0"),)


def test_one_column_of_titles_is_a_table():
    table = read("title\nWine and cheese\nBread, or not\nWater\nSoup\n")
    assert [row[0] for row in table.rows] == ["Wine and cheese", "Bread, or not", "Water", "Soup"]


def test_hundreds_of_columns_are_read():
    names = [f"extra {n}" for n in range(700)]
    table = read(",".join(["title", *names]) + "\n" + ",".join(["AI", *map(str, range(700))]) + "\n")
    assert len(table.columns) == 701
    assert table.rows[0][700] == "699"


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        ({"max_rows": 2}, "too_many_rows"),
        ({"max_columns": 2}, "too_many_columns"),
        ({"max_cells": 5}, "too_many_cells"),
        ({"max_characters": 11}, "too_many_characters"),
    ],
)
def test_a_table_beyond_a_limit_is_refused(limits, key):
    with pytest.raises(IntakeError) as caught:
        read(HEADER + "A,B,1\n" * 4, **limits)
    assert caught.value.message.key == f"intake.error.{key}"


def test_a_cell_beyond_the_limit_costs_its_row_only():
    table = read(HEADER + f"A1,{'x' * 5000},1\nA2,Two,2\n", max_cell_characters=1000)
    assert table.rows == (("A2", "Two", "2"),)
    assert keys(table) == [("cell_too_long", 2)]


def test_problems_beyond_the_limit_are_counted():
    table = read(HEADER + "A,B,1\n" * 20 + "A,B\n" * 9, max_problems=4)
    assert len(table.problems) == 5
    assert table.problems[-1].message.params == {"count": 5}
