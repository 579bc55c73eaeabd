from dataclasses import replace

from core.catalog.comparison import changed_fields, compare_catalogs, differing_fields
from core.catalog.courses import content_hash, course_key
from core.records import Course, CourseKind

LONG = "A description that is long enough to recognise the course by, whatever it is called now."


def course(code: str, title: str, description: str = "", department: str = "CS") -> Course:
    plain = Course(course_key(code, title, department), title, code, department=department, description=description)
    return Course(**{name: getattr(plain, name) for name in plain.__slots__} | {"content_hash": content_hash(plain)})


def names(courses) -> list[str]:
    return [f"{one.code}{one.title}" for one in courses]


def pairs(found) -> list[tuple[str, str]]:
    return [(old.code + old.title, new.code + new.title) for old, new in found]


def test_each_course_lands_in_one_group():
    old = [course("A", "same"), course("B", "text", "old"), course("C", "first"), course("D", "gone", LONG)]
    new = [course("A", "same"), course("B", "text", "new"), course("C", "second"), course("E", "fresh")]
    diff = compare_catalogs(old, new)
    assert names(diff.unchanged) == ["Asame"]
    assert pairs(diff.changed) == [("Btext", "Btext")]
    assert pairs(diff.renamed) == [("Cfirst", "Csecond")]
    assert names(diff.removed) == ["Dgone"]
    assert names(diff.added) == ["Efresh"]


def test_a_new_code_for_the_same_title_is_a_renaming():
    diff = compare_catalogs([course("A1", "Robots")], [course("B1", "Robots")])
    assert pairs(diff.renamed) == [("A1Robots", "B1Robots")]
    assert not diff.added
    assert not diff.removed


def test_without_codes_the_description_recognises_a_renamed_course():
    diff = compare_catalogs([course("", "Robots", LONG)], [course("", "Robotics", LONG)])
    assert pairs(diff.renamed) == [("Robots", "Robotics")]


def test_what_fits_two_courses_is_not_guessed():
    diff = compare_catalogs([course("A1", "Topics")], [course("B1", "Topics"), course("B2", "Topics")])
    assert not diff.renamed
    assert len(diff.added) == 2
    assert len(diff.removed) == 1


def test_empty_catalogs_compare():
    diff = compare_catalogs([], [course("A", "x")])
    assert names(diff.added) == ["Ax"]
    assert compare_catalogs([], []) == compare_catalogs([], [])


def test_only_the_fields_that_differ_are_named() -> None:
    old = Course(course_key="A", title="Optics", description="Light.", credits="3")
    assert changed_fields(old, replace(old, description="Light and lenses.", credits="4")) == ("credits", "description")
    assert changed_fields(old, replace(old, row_number=9)) == ()


def test_whatever_makes_a_course_changed_or_renamed_is_told() -> None:
    old = course("A1", "Robots")
    assert differing_fields(old, course("B1", "Robots")) == ("code",)
    (pair,) = compare_catalogs([old], [replace(old, kind=CourseKind.ACTIVITY, content_hash="other")]).changed
    assert differing_fields(*pair) == ("kind",)
