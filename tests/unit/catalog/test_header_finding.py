import unicodedata

import pytest

from core.catalog.reading import read_table


def read(text: str):
    return read_table(text.encode(), "courses.csv")


def keys(table) -> list[str]:
    return [problem.message.key.rpartition(".")[2] for problem in table.problems]


def test_title_rows_above_the_header_are_left_out_and_reported():
    table = read("2026학년도 1학기 개설과목,,\n출력일: 2026-03-02,,\n\n학수번호,교과목명,학점\nAI101,인공지능,3\n")
    assert table.columns == ("학수번호", "교과목명", "학점")
    assert table.header_row == 4
    assert table.row_numbers == (5,)
    assert keys(table) == ["rows_above_header"]


def test_two_header_rows_of_merged_cells_are_joined():
    table = read("학수번호,교과목명,시간,,학과\n,,강의,실습,\nAI101,인공지능,3,1,컴퓨터학과\nAI102,로봇,2,2,기계학과\n")
    assert table.columns == ("학수번호", "교과목명", "시간 강의", "시간 실습", "학과")
    assert len(table.rows) == 2


def test_a_data_row_under_an_unnamed_column_is_not_taken_for_a_header():
    table = read("학수번호,,교과목명\nAI101,x,\nAI102,y,로봇\n")
    assert len(table.rows) == 2


def test_a_first_row_without_a_description_is_not_taken_for_a_header():
    table = read("title,,department,description\nSeminar,major,Computing,\nAlgebra,major,Mathematics,Long text\n")
    assert [row[0] for row in table.rows] == ["Seminar", "Algebra"]


def test_what_stands_in_brackets_below_a_name_belongs_to_it():
    table = read("학수번호,교과목명,시간,\n,(국문),강의,실습\nAI101,인공지능,3,1\n")
    assert table.columns == ("학수번호", "교과목명 (국문)", "시간 강의", "시간 실습")


def test_without_a_header_columns_are_numbered():
    table = read("CSCI-1100,Computer Science I,4\nCSCI-1200,Data Structures,4\nMATH-1010,Calculus I,4\n")
    assert table.header_row is None
    assert table.columns == ("column_1", "column_2", "column_3")
    assert len(table.rows) == 3
    assert keys(table) == ["no_header"]


@pytest.mark.parametrize(
    "rows",
    [
        "20231234,Linguistics,3,Language\n20231235,Physics,2,AI\n20231236,Business,1,Marketing\n",
        "20231234,국어국문학과,3,언어\n20231235,컴퓨터공학과,2,AI\n20231236,경영학과,1,마케팅\n",
        "LING101,언어\nCSCI102,로봇\nCSCI204,자료구조\n",
    ],
)
def test_a_first_row_with_a_number_like_those_below_is_data_whatever_its_words_are(rows):
    table = read(rows)
    assert table.header_row is None
    assert len(table.rows) == 3
    assert keys(table) == ["no_header"]


def test_terms_and_years_over_numbers_are_names_of_columns():
    table = read("교과목명,2024,2024-1\n인공지능,1200,31\n로봇공학,1300,27\n")
    assert table.columns == ("교과목명", "2024", "2024-1")


def test_unknown_names_over_numbers_are_a_header():
    table = read("alpha,beta\nAB,12\nCD,13\n")
    assert table.columns == ("alpha", "beta")


def test_one_known_name_is_enough():
    assert read("과목명,zzz\n인공지능,가\n로봇공학,나\n").columns == ("과목명", "zzz")


@pytest.mark.parametrize(
    "footer",
    [
        "합계,,,12",
        "총 2과목,,,",
        "※ 학점은 변경될 수 있음,,,",
        "Total,,,12",
        "Total courses: 2,,,",
        "Note: subject to change,,,",
        "출처 학사과,,,",
        unicodedata.normalize("NFD", "합계,,,6"),
        "* see the handbook,,,",
    ],
)
def test_totals_and_notes_below_are_left_out_and_reported(footer):
    table = read(f"학수번호,교과목명,학과,학점\nAI101,인공지능,컴퓨터,3\nAI102,로봇,기계,3\n{footer}\n")
    assert len(table.rows) == 2
    assert keys(table) == ["rows_below_table"]


def test_a_full_row_that_begins_like_a_total_is_data():
    table = read("title,department,credits\nRobots,ME,3\nTotal Quality Management,BUS,3\n")
    assert len(table.rows) == 2


@pytest.mark.parametrize("title", ["Total War", "Source Criticism", "Note-taking", "Sums of Squares", "총 균 쇠"])
def test_a_title_that_begins_like_a_total_is_data_without_anything_beside_it(title):
    assert read(f"title,description\nRobots,Long text\n{title},\n").rows[-1] == (title, "")


def test_the_header_of_every_printed_page_is_left_out():
    table = read("code,title\nA1,One\ncode,title\nA2,Two\n")
    assert [row[0] for row in table.rows] == ["A1", "A2"]
    assert keys(table) == ["repeated_header"]


def test_the_names_in_another_language_are_no_course():
    rows = "학수번호,교과목명,학과,비고\nCourse Code,Course Title,Department,Remarks\nLIN1,언어학,언어학과,\n"
    table = read(rows)
    assert table.columns == ("학수번호", "교과목명", "학과", "비고")
    assert table.rows == (("LIN1", "언어학", "언어학과", ""),)
    assert keys(table) == ["repeated_header"]


def test_a_first_course_about_language_is_no_header():
    table = read("title,department,category\nProgramming Language,English Language,Required\nx,y,z\n")
    assert len(table.rows) == 2


def test_more_cells_than_names_in_most_rows_become_unnamed_columns():
    table = read("code,title\nA1,One,x\nA2,Two,y\n")
    assert table.columns == ("code", "title", "column_3")


def test_numbers_that_r_writes_before_the_rows_move_no_name():
    table = read('"code","title"\n"1","A1","One"\n"2","A2","Two"\n')
    assert table.columns == ("column_1", "code", "title")
    assert table.rows[0] == ("1", "A1", "One")


def test_names_are_cleaned():
    assert read("\u200b학수\u00a0번호 ,  교과목명\nA1,로봇\n").columns == ("학수 번호", "교과목명")


def test_names_without_an_end_are_cut_and_stay_apart():
    endless = "sehr lang " * 100
    first, second = read(f"학수번호,교과목명,{endless}a,{endless}b\nA1,로봇,x,y\n").columns[2:]
    assert first == endless[:300]
    assert second == f"{first} (2)"
