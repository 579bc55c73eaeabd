import json

import pytest

from core.catalog.reading import read_table
from core.errors import IntakeError


def read(value, name: str = "courses.json"):
    return read_table((value if isinstance(value, str) else json.dumps(value)).encode(), name)


def test_half_characters_do_not_get_through_at_any_depth():
    text = '[{"code":"A1","title":"T \\ud800","list":[{"x":"\\ud800"}],"b":{"c":{"d":{"\\udc00":"\\ud800"}}}}]'
    for cell in read(text).rows[0]:
        assert cell.encode().decode() == cell


def test_a_list_of_objects_keeps_every_key_in_order():
    table = read([{"code": "A1", "title": "One"}, {"title": "Two", "note": "n"}])
    assert table.columns == ("code", "title", "note")
    assert table.rows == (("A1", "One", ""), ("", "Two", "n"))
    assert table.row_numbers == (1, 2)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ([], ""),
        (True, "true"),
        (["Fall", "Winter"], "Fall | Winter"),
        ([{"name": "Kim", "n": 1.50}], '[{"name": "Kim", "n": 1.5}]'),
        ("가\u0000나", "가나"),
        ("half \ud83d", "half ?"),
    ],
)
def test_values_become_text(value, cell):
    assert read([{"title": "x", "v": value}]).rows[0][1] == cell


def test_numbers_keep_their_digits():
    assert read(
        '[{"title": "x", "code": 31.010, "big": 123456789012345678901234567890, "list": [1.0, {"a": 2.50}]}]'
    ).rows[0] == ("x", "31.010", "123456789012345678901234567890", '[1.0, {"a": 2.50}]')


def test_what_python_writes_for_nothing_is_nothing():
    assert read('[{"title": "x", "dept": NaN, "list": [{"a": NaN}]}]').rows[0] == ("x", "", '[{"a": null}]')


def test_nested_objects_become_dotted_columns_and_deep_ones_text():
    table = read([{"title": "x", "unit": {"name": "CS", "head": {"id": 1, "more": {"a": 1}}}}])
    assert table.columns == ("title", "unit.name", "unit.head.id", "unit.head.more")
    assert table.rows[0] == ("x", "CS", "1", '{"a": 1}')


def test_the_list_is_found_under_a_key():
    table = read({"meta": {"count": 2, "tags": [{"t": 1}]}, "data": {"courses": [{"title": "a"}, {"title": "b"}]}})
    assert table.columns == ("title",)
    assert len(table.rows) == 2


def test_objects_keyed_by_code_keep_the_key():
    table = read({"A1": {"title": "One"}, "A2": {"title": "Two"}})
    assert table.columns == ("key", "title")
    assert table.rows[1] == ("A2", "Two")


def test_courses_inside_departments_carry_their_department():
    table = read(
        {
            "departments": [
                {"name": "CS", "courses": [{"title": "a"}, {"title": "b"}]},
                {"name": "ME", "courses": [{"title": "c"}]},
            ]
        }
    )
    assert table.columns == ("title", "departments.name")
    assert table.rows == (("a", "CS"), ("b", "CS"), ("c", "ME"))


def test_details_of_a_course_do_not_become_rows():
    table = read([{"title": "a", "instructors": [{"name": "x"}, {"name": "y"}]}])
    assert len(table.rows) == 1


def test_a_list_of_lists_has_its_names_first():
    assert read([["code", "title"], ["A1", "One"]]).rows == (("A1", "One"),)


def test_cells_without_a_name_of_their_own_are_kept():
    """Google's sheets come so: rows end with their last filled cell, the row of names too."""
    table = read({"range": "A1:D3", "values": [["code", "title", "title"], ["A1", "하나", "One", "x"], ["A2", "둘"]]})
    assert table.columns == ("code", "title", "title (2)", "column_4")
    assert table.rows == (("A1", "하나", "One", "x"), ("A2", "둘", "", ""))


def test_a_list_for_each_department_is_read_with_its_name():
    table = read({"term": "2026-1", "lists": {"CS": [{"title": "a"}, {"title": "b"}], "ME": [{"title": "c"}]}})
    assert table.columns == ("key", "title")
    assert table.rows == (("CS", "a"), ("CS", "b"), ("ME", "c"))


def test_lists_of_different_kinds_are_not_mixed():
    table = read({"courses": [{"code": "A1", "title": "a"}], "students": [{"id": "1"}, {"id": "2"}]})
    assert table.columns == ("id",)
    assert table.problems[0].message.params == {"list": "students", "others": "courses"}


def test_lists_that_are_not_read_are_named():
    table = read({"CS": {"courses": [{"title": "a"}, {"title": "b"}]}, "ME": {"courses": [{"title": "c"}]}})
    assert len(table.rows) == 2
    (problem,) = table.problems
    assert problem.message.key == "intake.problem.other_lists"
    assert problem.message.params == {"list": "CS.courses", "others": "ME.courses"}


def test_what_is_no_object_in_a_list_is_reported_with_its_place():
    table = read([{"title": "a"}, None, "b", {"title": "c"}])
    assert table.row_numbers == (1, 4)
    assert [(p.message.key.rpartition(".")[2], p.row_number, p.value) for p in table.problems] == [
        ("not_an_object", 2, ""),
        ("not_an_object", 3, "b"),
    ]


@pytest.mark.parametrize(("group", "row"), [([], ("", "b")), (None, ("", "b")), ({"day": "Fri"}, ("Fri", "b"))])
def test_an_entry_without_a_list_of_its_own_stays_a_row(group, row):
    table = read([{"title": "a", "lectures": [{"day": "Mon"}, {"day": "Tue"}]}, {"title": "b", "lectures": group}])
    assert table.columns == ("day", "group.title")
    assert table.rows == (("Mon", "a"), ("Tue", "a"), row)


def test_what_stands_in_place_of_a_list_is_kept():
    table = read([{"title": "a", "lectures": [{"day": "Mon"}, {"day": "Tue"}]}, {"title": "b", "lectures": "online"}])
    assert table.columns == ("day", "group.title", "group.lectures")
    assert table.rows[-1] == ("", "b", "online")


def test_json_lines_are_read_and_damaged_lines_reported():
    table = read(
        '{"code": "A1", "title": "One"}\n{"code": "A2", oops\n[1]\n\n{"code": "A3", "title": "Three"}\n', "x.jsonl"
    )
    assert table.format == "jsonl"
    assert [row[0] for row in table.rows] == ["A1", "A3"]
    assert table.row_numbers == (1, 5)
    assert [(p.message.key.rpartition(".")[2], p.row_number) for p in table.problems] == [
        ("bad_json_line", 2),
        ("not_an_object", 3),
    ]


def test_json_is_recognised_whatever_the_name():
    assert read([{"title": "One"}], "courses.csv").format == "json"


def test_a_csv_that_begins_with_a_bracket_stays_a_csv():
    assert read("[title],code\nOne,A1\n", "courses.csv").format == "csv"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '[{"title": ' + "9" * 10_000_000 + "}", '{"title": "x"} garbage', "[1, 2]"]
)
def test_json_that_cannot_be_a_table_is_refused(text):
    with pytest.raises(IntakeError):
        read(text)
