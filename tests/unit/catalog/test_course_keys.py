from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.catalog.courses import build_courses
from core.catalog.keys import keep_keys
from core.catalog.mapping import ColumnMapping
from core.catalog.tables import Table
from core.records import Course

ROWS = st.lists(st.tuples(st.sampled_from(("A", "A#2", "B", "")), st.sampled_from("xyz")), min_size=1, max_size=8)


def built(rows: list[tuple[str, str]], merge_sections: bool) -> tuple[Course, ...]:
    numbers = tuple(range(2, len(rows) + 2))
    cells = tuple((*row, str(number)) for row, number in zip(rows, numbers, strict=True))
    table = Table(("code", "title", "row"), cells, numbers)
    return build_courses(table, ColumnMapping({"code": "code", "title": "title"}), merge_sections).courses


@given(st.lists(ROWS, min_size=1, max_size=4), st.booleans())
def test_however_rows_move_no_key_is_given_twice_and_the_same_file_keeps_its_keys(
    terms: list[list[tuple[str, str]]], merge_sections: bool
) -> None:
    known: dict[str, Course] = {}
    for rows in terms:
        courses = keep_keys(built(rows, merge_sections), tuple(known.values()), {})
        keys = [course.course_key for course in courses]
        assert len(set(keys)) == len(keys)
        gone = {key: replace(course, is_active=False) for key, course in known.items() if key not in keys}
        known = {course.course_key: course for course in courses} | gone
        again = keep_keys(built(rows, merge_sections), tuple(known.values()), {})
        assert [course.course_key for course in again] == keys


def test_what_a_course_says_now_counts_before_what_it_said_earlier() -> None:
    graphs, rings = Course("A", "Graphs", "A"), Course("A#2", "Rings", "A")
    histories = {"A": [(replace(graphs, title="Games"), False), (graphs, True)]}
    games = replace(graphs, title="Games", course_key="A")
    moved = (games, replace(graphs, course_key="A#2"), replace(rings, course_key="A#3"))
    assert [course.course_key for course in keep_keys(moved, (graphs, rings), histories)] == ["A#4", "A", "A#2"]
    alone = (games, replace(rings, course_key="A#2"))
    assert [course.course_key for course in keep_keys(alone, (graphs, rings), histories)] == ["A", "A#2"]
