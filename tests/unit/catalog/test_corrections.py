from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.catalog.corrections import Correction, corrected_fields, keep_corrections
from core.catalog.courses import content_hash
from core.records import Course

UPLOADED = Course("A1", "Wave Optik", "A1", department="Physics", credits="3")
EDITED = replace(UPLOADED, title="Wave Optics")


def test_a_corrected_field_stays_and_the_others_come_from_the_file() -> None:
    in_file = replace(UPLOADED, credits="4", content_hash="as it came")
    (course,), (correction,) = keep_corrections([in_file], {"A1": [(UPLOADED, False), (EDITED, True)]})
    assert (course.title, course.credits) == ("Wave Optics", "4")
    assert course.content_hash == content_hash(course)
    assert correction == Correction(in_file, "title", "Wave Optics", "Wave Optik")


def test_a_file_that_agrees_with_the_correction_is_left_as_it_is() -> None:
    agreeing = replace(EDITED, content_hash="as it came")
    assert keep_corrections([agreeing], {"A1": [(UPLOADED, False), (EDITED, True)]}) == ((agreeing,), ())


def test_the_newest_correction_of_a_field_counts() -> None:
    again = replace(EDITED, title="Optics of Waves", credits="5")
    history = [(UPLOADED, False), (EDITED, True), (again, True)]
    assert corrected_fields(history) == {"title": "Optics of Waves", "credits": "5"}


def test_a_correction_outlives_uploads_until_one_was_let_overrule_it() -> None:
    kept = replace(EDITED, credits="4")
    overruled = replace(kept, title="Optics")
    history = [(UPLOADED, False), (EDITED, True), (kept, False)]
    assert corrected_fields(history) == {"title": "Wave Optics"}
    assert corrected_fields([*history, (overruled, False)]) == {}


def test_a_course_that_nobody_edited_is_not_touched() -> None:
    assert keep_corrections([UPLOADED], {}) == ((UPLOADED,), ())


def test_a_correction_goes_to_no_other_course_that_got_the_code() -> None:
    topics = [
        Course(f"CS499{mark}", title, "CS499") for mark, title in (("", "Games"), ("#2", "Graphs"), ("#3", "Rings"))
    ]
    graphs, rings = topics[1:]
    histories = {"CS499#2": [(graphs, False), (replace(graphs, description="Trees."), True)]}
    courses, (kept,) = keep_corrections(topics, histories)
    assert (courses[1].description, kept.is_kept) == ("Trees.", True)

    moved_up = replace(rings, course_key="CS499#2")  # the row of Graphs is gone
    courses, (left,) = keep_corrections([topics[0], moved_up], histories)
    assert courses[1] == moved_up
    assert left == Correction(moved_up, "description", "Trees.", "", is_kept=False)
    assert corrected_fields([*histories["CS499#2"], (replace(moved_up, description="Trees."), False)]) == {}


def test_a_course_with_another_title_is_known_by_a_description_that_no_other_has() -> None:
    told = replace(UPLOADED, description="What light does at edges, in films and in crystals, with experiments.")
    histories = {"A1": [(told, False), (replace(told, credits="4"), True)]}
    renamed = replace(told, title="Light")
    assert keep_corrections([renamed], histories)[0][0].credits == "4"
    other = replace(renamed, course_key="B1")
    assert keep_corrections([renamed, other], histories)[0] == (renamed, other)


@given(st.lists(st.tuples(st.text(max_size=3), st.booleans()), max_size=6), st.text(max_size=3))
def test_nothing_that_a_person_wrote_last_is_lost(steps: list[tuple[str, bool]], in_file: str) -> None:
    """Each step is an edit, or an upload with the corrections kept as they are when it comes."""
    history = [(UPLOADED, False)]
    wanted: str | None = None
    for text, is_edit in steps:
        if is_edit:
            wanted = text if text != history[-1][0].credits or wanted is not None else wanted
            history.append((replace(history[-1][0], credits=text), True))
        else:
            (course,), _ = keep_corrections([replace(UPLOADED, credits=text)], {"A1": history})
            history.append((course, False))
    (course,), _ = keep_corrections([replace(UPLOADED, credits=in_file)], {"A1": history})
    assert course.credits == (in_file if wanted is None else wanted)
