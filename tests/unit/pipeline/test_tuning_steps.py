"""Tuning helpers: shares, the ladder, sweeps, change by department."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.config import Config
from core.pipeline.application import Application
from core.pipeline.export import ExportFormat
from core.pipeline.recommendation import compare_with_published, load_population, rank_live, recommend
from core.pipeline.student_access import (
    ALL_STUDENTS,
    export_all_students,
    export_student,
    students_are_synthetic,
    unmask,
)
from core.pipeline.students import student_view
from core.pipeline.tuning import churn_by_department, ladder, normalised, places_of_courses, try_ladder, try_sweep
from core.recommendation.blend import SIGNALS
from tests.seeding import seed


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed(tmp_path_factory.mktemp("seeded"))


@pytest.fixture
def app(seeded: Path):
    with Application(Config(seeded), watch_jobs=False) as opened:
        yield opened


def catalog_of(app: Application) -> str:
    return app.catalogs.list()[0].catalog_id


def test_normalised_weights_sum_to_one_over_all_signals() -> None:
    shares = normalised({"department": 70, "interest": 70})
    assert set(shares) == set(SIGNALS)
    assert shares["department"] == shares["interest"] == 0.5
    assert sum(shares.values()) == 1


def test_no_weight_at_all_gives_no_shares() -> None:
    assert set(normalised({"department": 0.0}).values()) == {0.0}


def test_the_ladder_is_the_reports() -> None:
    assert list(ladder()) == ["100:0", "80:20", "70:30", "50:50", "30:70"]


def test_the_ladder_is_tried_in_order_of_the_department_and_the_default_changes_nothing(app: Application) -> None:
    points = try_ladder(app, catalog_of(app))
    assert [point.position for point in points] == sorted(point.position for point in points)
    assert next(point for point in points if point.label == "70:30").churn == 0


def test_a_sweep_goes_from_nothing_to_everything(app: Application) -> None:
    points = try_sweep(app, catalog_of(app), {"department": 0.5, "interest": 0.5}, "interest", steps=3)
    assert [point.label for point in points] == ["0%", "50%", "100%"]
    assert all(0 <= point.churn <= 1 for point in points)


def test_a_sweep_of_the_only_weight_shares_the_rest_equally(app: Application) -> None:
    assert len(try_sweep(app, catalog_of(app), {"department": 1.0}, "department", steps=2)) == 2


def test_equal_weights_replace_nothing_in_any_department(app: Application) -> None:
    comparison = compare_with_published(app, catalog_of(app), {"department": 0.7, "interest": 0.3})
    shares = churn_by_department(comparison)
    assert set(shares) == {"Mathematics", "Physics", "Literature"}
    assert set(shares.values()) == {0.0}


def test_a_replaced_course_counts_in_its_students_department_only(app: Application) -> None:
    comparison = compare_with_published(app, catalog_of(app), {"department": 0.7, "interest": 0.3})
    other = comparison.after.lists.course_index.copy()
    students = load_population(app, catalog_of(app)).students
    row = next(index for index, student in enumerate(students) if student.department == "Mathematics")
    place = next(index for index, course in enumerate(other[row]) if course >= 0)
    filled = int((other[row] >= 0).sum())
    other[row, place] = 1_000
    changed = replace(
        comparison, after=replace(comparison.after, lists=replace(comparison.after.lists, course_index=other))
    )
    shares = churn_by_department(changed)
    assert shares["Mathematics"] == pytest.approx(1 / filled)
    assert shares["Physics"] == 0


def test_places_of_courses_add_up_to_all_places(app: Application) -> None:
    ranking = rank_live(app, catalog_of(app), {"department": 1.0})
    assert sum(places_of_courses(ranking)) == int((ranking.lists.course_index >= 0).sum())


def test_students_of_a_file_are_not_called_synthetic(app: Application) -> None:
    assert not students_are_synthetic(app)


def test_unmasking_and_exports_are_written_down_with_name_and_reason(app: Application) -> None:
    before = len(app.access_log.list())
    recommend(app, catalog_of(app))
    student = app.students.id_of("S-000001")
    assert unmask(app, [student], "advising") == {student: "S-000001"}
    content = export_student(app, student_view(app, catalog_of(app), student), "en", "printed")
    everybody = export_all_students(app, catalog_of(app), ExportFormat.CSV, "yearly report")
    assert b"S-000001" in everybody and student.encode() not in everybody
    entries = app.access_log.list()[: len(app.access_log.list()) - before]
    assert [(entry.action, entry.subjects, entry.reason) for entry in reversed(entries)] == [
        ("unmask", (student,), "advising"),
        ("export", (student,), "printed"),
        ("export", (ALL_STUDENTS,), "yearly report"),
    ]
    assert {entry.actor for entry in entries} == {"Kim"}
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[0].startswith("Rank,Code,Course")
