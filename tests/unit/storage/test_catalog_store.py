"""Catalogs, imports, versions, mappings and triage in a real DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StorageError
from core.records import Course, CourseKind, DescriptionStatus, Enhancement, Message, ReviewState, Triage
from core.storage import CatalogStore, Database, EnhancementStore

COURSES = [
    Course("C1", "자료구조", code="C1", department="컴퓨터공학과", credits="3.0", row_number=2, content_hash="h1"),
    Course("C2", "Physics", extra={"열 이름": "값", "empty": ""}, row_number=3, content_hash="h2"),
    Course("C3", "봉사", kind=CourseKind.ACTIVITY, description_raw="<b>x</b>", row_number=4, content_hash="h3"),
]


@pytest.fixture
def catalogs(database: Database) -> CatalogStore:
    return CatalogStore(database)


@pytest.fixture
def catalog_id(catalogs: CatalogStore) -> str:
    return catalogs.create("2026-1").catalog_id


def apply(catalogs: CatalogStore, catalog_id: str, courses: list[Course]) -> str:
    return catalogs.apply_import(catalog_id, "upload", courses, {"added": len(courses)})


def test_courses_come_out_as_they_went_in(catalogs: CatalogStore, catalog_id: str) -> None:
    apply(catalogs, catalog_id, COURSES)
    assert catalogs.courses(catalog_id) == [replace(course, catalog_id=catalog_id) for course in COURSES]
    assert catalogs.course(catalog_id, "C2").extra == {"열 이름": "값", "empty": ""}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(), description=st.text(), extra=st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_text_comes_out_unchanged(
    catalogs: CatalogStore, catalog_id: str, title: str, description: str, extra: dict[str, str]
) -> None:
    course = Course("C", title, description=description, description_raw=description, extra=extra)
    apply(catalogs, catalog_id, [course])
    assert catalogs.course(catalog_id, "C") == replace(course, catalog_id=catalog_id)
    assert catalogs.versions(catalog_id, "C")[0].course == replace(course, catalog_id=catalog_id)


def test_the_next_term_replaces_adds_and_retires_courses(catalogs: CatalogStore, catalog_id: str) -> None:
    apply(catalogs, catalog_id, COURSES)
    changed = replace(COURSES[1], title="Physics II", content_hash="h2b")
    added = Course("C4", "New", row_number=5)
    apply(catalogs, catalog_id, [COURSES[0], changed, added])
    assert [course.course_key for course in catalogs.courses(catalog_id)] == ["C1", "C2", "C4"]
    everything = {course.course_key: course for course in catalogs.courses(catalog_id, active_only=False)}
    assert everything["C2"].title == "Physics II"
    assert everything["C3"].is_active is False
    assert catalogs.get(catalog_id).course_count == 3


def test_versions_grow_only_when_a_course_says_something_else(catalogs: CatalogStore, catalog_id: str) -> None:
    apply(catalogs, catalog_id, COURSES)
    apply(catalogs, catalog_id, [replace(COURSES[0], row_number=9), *COURSES[1:]])
    assert len(catalogs.versions(catalog_id, "C1")) == 1
    assert catalogs.course(catalog_id, "C1").row_number == 9
    apply(catalogs, catalog_id, [replace(COURSES[0], credits="2.0")])
    assert [version.course.credits for version in catalogs.versions(catalog_id, "C1")] == ["2.0", "3.0"]
    assert [version.course.is_active for version in catalogs.versions(catalog_id, "C2")] == [False, True]


def test_a_course_that_returns_is_active_again(catalogs: CatalogStore, catalog_id: str) -> None:
    apply(catalogs, catalog_id, COURSES)
    apply(catalogs, catalog_id, COURSES[:1])
    apply(catalogs, catalog_id, COURSES)
    assert len(catalogs.courses(catalog_id)) == 3


def test_texts_of_changed_courses_become_stale(
    database: Database, catalogs: CatalogStore, catalog_id: str, make_enhancement: Callable[..., Enhancement]
) -> None:
    enhancements = EnhancementStore(database)
    apply(catalogs, catalog_id, COURSES)
    of = {"catalog_id": catalog_id}
    enhancements.save(
        [
            make_enhancement("approved", course_key="C1", **of),
            make_enhancement("edited", course_key="C2", **of),
            make_enhancement("draft", course_key="C2", **of),
            make_enhancement("untouched", course_key="C3", **of),
        ]
    )
    enhancements.decide(["approved", "untouched"], ReviewState.APPROVED, "kim")
    enhancements.decide(["edited"], ReviewState.EDITED, "kim", edited_text="better")
    apply(catalogs, catalog_id, [replace(course, content_hash="new") for course in COURSES[:2]] + COURSES[2:])
    states = {item.enhancement_id: item.state for item in enhancements.of_catalog(catalog_id)}
    assert states == {
        "approved": ReviewState.STALE,
        "edited": ReviewState.STALE,
        "draft": ReviewState.STALE,
        "untouched": ReviewState.APPROVED,
    }
    assert enhancements.get("edited").edited_text == "better"
    assert enhancements.history("approved")[0].state is ReviewState.STALE


def test_an_edit_is_a_new_version_and_makes_its_text_stale(
    database: Database, catalogs: CatalogStore, catalog_id: str, make_enhancement: Callable[..., Enhancement]
) -> None:
    enhancements = EnhancementStore(database)
    apply(catalogs, catalog_id, COURSES)
    enhancements.save([make_enhancement("e", catalog_id=catalog_id)])
    enhancements.decide(["e"], ReviewState.APPROVED, "kim")
    catalogs.update_course(catalog_id, replace(COURSES[0], title="고급 자료구조", content_hash="edited"))
    assert catalogs.course(catalog_id, "C1").title == "고급 자료구조"
    assert len(catalogs.versions(catalog_id, "C1")) == 2
    assert enhancements.get("e").state is ReviewState.STALE
    with pytest.raises(StorageError, match="C9"):
        catalogs.update_course(catalog_id, Course("C9", "x"))


def test_an_edit_says_who_made_it_and_does_not_overwrite_anothers(catalogs: CatalogStore, catalog_id: str) -> None:
    apply(catalogs, catalog_id, COURSES)
    seen = COURSES[0].content_hash
    edited = replace(COURSES[0], title="고급 자료구조", content_hash="edited")
    catalogs.update_course(catalog_id, edited, "kim", expected_hash=seen)
    newest, first = catalogs.versions(catalog_id, "C1")
    assert (newest.saved_by, newest.is_edit, first.is_edit) == ("kim", True, False)
    assert catalogs.edited_keys(catalog_id) == {"C1"}
    with pytest.raises(StorageError) as caught:
        catalogs.update_course(catalog_id, replace(edited, title="other"), "lee", expected_hash=seen)
    assert caught.value.message.key == "storage.course_changed_meanwhile"
    assert catalogs.course(catalog_id, "C1").title == "고급 자료구조"


def test_two_courses_with_one_key_are_refused_and_nothing_is_stored(catalogs: CatalogStore, catalog_id: str) -> None:
    with pytest.raises(StorageError) as caught:
        apply(catalogs, catalog_id, [*COURSES, replace(COURSES[0], title="other", row_number=77)])
    assert caught.value.message.params == {"course": "C1", "first": 2, "second": 77}
    assert catalogs.courses(catalog_id) == []
    assert catalogs.imports(catalog_id) == []


def test_catalogs_are_kept_apart_and_found_by_name(catalogs: CatalogStore) -> None:
    first, second = catalogs.create("one"), catalogs.create("two", is_sample=True)
    apply(catalogs, first.catalog_id, COURSES)
    assert catalogs.courses(second.catalog_id) == []
    assert [catalog.name for catalog in catalogs.list()] == ["one", "two"]
    assert catalogs.find_by_name("two") == second
    assert catalogs.find_by_name("three") is None
    assert catalogs.get(first.catalog_id) == replace(first, course_count=3)
    assert first.created_at.tzinfo is not None
    with pytest.raises(StorageError, match="one"):
        catalogs.create("one")
    with pytest.raises(StorageError, match="nothing"):
        catalogs.get("nothing")


def test_imports_say_which_file_and_what_it_changed(catalogs: CatalogStore, catalog_id: str) -> None:
    upload_id = catalogs.save_upload("a" * 64, "강의.csv", 1234, "catalog", "/uploads/aa")
    import_id = catalogs.apply_import(catalog_id, upload_id, COURSES, {"added": 3, "removed": 0})
    apply(catalogs, catalog_id, COURSES)
    newest, first = catalogs.imports(catalog_id)
    assert (first.import_id, first.file_name, first.counts) == (import_id, "강의.csv", {"added": 3, "removed": 0})
    assert newest.imported_at > first.imported_at


def test_a_mapping_is_remembered_by_shape_and_kind(catalogs: CatalogStore) -> None:
    catalogs.remember_mapping("shape", "catalog", {"title": "과목명"})
    catalogs.remember_mapping("shape", "catalog", {"title": "교과목명"})
    assert catalogs.recall_mapping("shape", "catalog") == {"title": "교과목명"}
    assert catalogs.recall_mapping("shape", "students") is None


def test_the_newest_verdict_of_a_course_counts(catalogs: CatalogStore, catalog_id: str) -> None:
    inner = Message("triage.words", {"count": 3})
    verdict = Triage("C1", DescriptionStatus.TOO_SHORT, Message("triage.too_short", {"what": inner, "limit": 10}))
    catalogs.save_triage(catalog_id, [Triage("C1", DescriptionStatus.MISSING, Message("triage.missing"))])
    catalogs.save_triage(catalog_id, [verdict])
    catalogs.save_triage(catalog_id, [])
    assert catalogs.triage(catalog_id) == {"C1": verdict}
