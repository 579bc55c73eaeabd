from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.embedding.fake_encoder import FakeEncoder
from core.errors import RecommendationError
from core.pipeline import evidence, recommendation
from core.pipeline.application import Application
from core.pipeline.embedding import catalog_texts
from core.pipeline.group_effects import effects_by
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.recommendation import DEFAULT_WEIGHTS
from core.pipeline.settings import Settings, change_settings
from core.pipeline.student_intake import apply_students, preview_students
from core.recommendation.options import Grouping, ListOptions
from core.storage.journal_batch import Embedding

DEPARTMENTS = ("Mathematics", "Physics", "History", "Music")
COURSES_EACH = 15


@pytest.fixture
def schooled(app: Application) -> str:
    """A catalog of four departments, and 100 students who took courses of their own department only."""
    change_settings(app, Settings(embedding_model="fake:"))
    courses = [
        f"{name[:2].upper()}{number},{name} topic {number},{name},"
        for name in DEPARTMENTS
        for number in range(100, 100 + COURSES_EACH)
    ]
    catalog = "\n".join(["code,title,department,description", *courses]).encode()
    catalog_id = apply_catalog(app, preview_catalog(app, catalog, "c.csv")).catalog_id
    generator = np.random.default_rng(1)
    rows = ["student_id,department,year,interests,taken courses"]
    for index in range(100):
        name = DEPARTMENTS[index % 4] if index >= 15 else DEPARTMENTS[0]
        taken = generator.choice(COURSES_EACH, 6, replace=False)
        codes = ";".join(f"{name[:2].upper()}{100 + each}" for each in taken)
        rows.append(f"S{index:03d},{name},{index % 2 + 1},{DEPARTMENTS[(index + 1) % 4]},{codes}")
    apply_students(app, preview_students(app, "\n".join(rows).encode(), "s.csv", catalog_id=catalog_id))
    embed_all(app, catalog_id)
    return catalog_id


def embed_all(app: Application, catalog_id: str) -> None:
    encoder = FakeEncoder()
    app.embeddings.put(
        [
            Embedding("fake:", key, np.asarray(encoder.encode_batch([text], role=role)[0], np.float32))
            for key, (text, role) in catalog_texts(app, catalog_id).texts.items()
        ]
    )


def test_weights_compared_with_themselves_make_no_difference(app: Application, schooled: str) -> None:
    found = evidence.measure_evidence(app, schooled, DEFAULT_WEIGHTS)
    assert [each.name for each in found.measures] == ["ndcg", "recall", "reciprocal_rank"]
    assert found.students == 100
    assert found.since is None
    for each in (*found.measures, *(one for group in found.departments for one in group.measures)):
        assert each.tried == each.in_force
        assert each.difference.verdict == "no_difference"
        assert (each.difference.interval.low, each.difference.interval.high) == (0, 0)


def test_histories_of_another_catalog_are_no_evidence_about_this_one(app: Application, schooled: str) -> None:
    students = "student_id,department,interests,taken courses\n"
    students += "".join(f"S{each},Music,Physics,MU{each}@2024-1;MU101@2025-1\n" for each in (102, 103))
    apply_students(app, preview_students(app, students.encode(), "s.csv", catalog_id=schooled))
    found = evidence.measure_evidence(app, schooled, {"novelty": 1.0})
    assert found.students == 2
    assert {each.difference.verdict for each in found.measures} == {"too_few"}  # whatever came out
    other = apply_catalog(app, preview_catalog(app, b"code,title,department\nXY1,Light,Physics\n", "o.csv")).catalog_id
    embed_all(app, other)
    assert evidence.has_history(app, schooled)
    assert not evidence.has_history(app, other)
    assert not evidence.suggest_weights(app, other).has_history


def test_no_weights_are_suggested_where_nothing_is_known_of_the_students(app: Application, schooled: str) -> None:
    apply_students(app, preview_students(app, b"student_id,department\nS1,Physics\n", "s.csv", catalog_id=schooled))
    with pytest.raises(RecommendationError, match="cannot be compared"):
        evidence.suggest_weights(app, schooled)


def test_weights_that_ignore_the_department_are_worse_where_it_explains_everything(
    app: Application, schooled: str
) -> None:
    found = evidence.measure_evidence(app, schooled, {"interest": 1.0})
    recall = next(each for each in found.measures if each.name == "recall")
    assert recall.in_force.low > recall.tried.high
    assert recall.difference.verdict == "worse"
    assert recall.difference.interval.mean == pytest.approx(recall.tried.mean - recall.in_force.mean)
    sizes = [each.students for each in found.departments]
    assert sizes == [each.measures[0].tried.count for each in found.departments]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] >= evidence.FEWEST
    assert {each.name for each in found.departments} <= set(DEPARTMENTS)


def test_held_out_courses_are_looked_for_among_all_kinds(app: Application, schooled: str) -> None:
    apart = evidence.measure_evidence(app, schooled, DEFAULT_WEIGHTS, ListOptions(grouping=Grouping.APART))
    assert apart.measures[0].tried == apart.measures[0].in_force


def test_held_out_courses_that_the_options_exclude_are_out_of_reach(app: Application, schooled: str) -> None:
    for course in app.catalogs.courses(schooled):
        app.catalogs.update_course(schooled, replace(course, category="General"))
    app.mark_changed()
    excluded = ListOptions(excluded_categories=("General",))
    assert evidence.measure_evidence(app, schooled, DEFAULT_WEIGHTS, excluded).out_of_reach == 1
    activities = ListOptions(grouping=Grouping.ACTIVITIES)
    assert evidence.measure_evidence(app, schooled, DEFAULT_WEIGHTS, activities).out_of_reach == 1
    assert evidence.measure_evidence(app, schooled, DEFAULT_WEIGHTS).out_of_reach == 0


def test_the_search_proposes_what_nothing_beats(app: Application, schooled: str) -> None:
    found = evidence.suggest_weights(app, schooled)
    assert found.has_history
    assert len(found.points) == 56
    qualities = [point.quality for point in found.best]
    coverages = [point.metrics.coverage for point in found.best]
    assert qualities == sorted(qualities, reverse=True)
    assert coverages == sorted(coverages)
    assert qualities[0] == max(point.quality for point in found.points)
    assert found.in_force.weights.as_mapping()["department"] == 0.7


def test_without_history_the_search_goes_by_interests(app: Application, schooled: str) -> None:
    students = b"student_id,department,year,interests\nS1,Physics,1,Music\nS2,Music,2,History\n"
    apply_students(app, preview_students(app, students, "s.csv", catalog_id=schooled))
    app.mark_changed()
    assert not evidence.has_history(app, schooled)
    found = evidence.suggest_weights(app, schooled)
    assert not found.has_history
    assert found.best[0].quality == pytest.approx(max(point.interest_fit for point in found.points))
    with pytest.raises(RecommendationError):
        evidence.measure_evidence(app, schooled, DEFAULT_WEIGHTS)


def test_groups_add_up_to_the_student_body(app: Application, schooled: str) -> None:
    compared = recommendation.compare_with_published(app, schooled, {"interest": 1.0})
    departments = effects_by(compared, "department")
    years = effects_by(compared, "year")
    assert [each.name for each in years] == ["1", "2"]
    for groups in (departments, years):
        assert sum(each.students for each in groups) == 100
        assert sum(each.students * each.replaced for each in groups) / 100 == pytest.approx(compared.churn)
        own = sum(each.students * each.own_department_share[1] for each in groups) / 100
        assert own == pytest.approx(compared.after.metrics.own_department_share, abs=0.01)
    assert all(each.own_department_share[0] > each.own_department_share[1] for each in departments)


def test_the_same_weights_replace_nothing_in_any_group(app: Application, schooled: str) -> None:
    compared = recommendation.compare_with_published(app, schooled, DEFAULT_WEIGHTS)
    for each in effects_by(compared, "department"):
        assert each.replaced == 0
        assert each.courses[0] == each.courses[1]


def test_with_dates_the_newest_enrolments_are_looked_for(app: Application, schooled: str) -> None:
    rows = [f"S{i},Physics,2,Music,PH100@2024-1; PH10{1 + i % 5}@2025-1" for i in range(30)]
    upload = "\n".join(["student_id,department,year,interests,taken courses", *rows]).encode()
    apply_students(app, preview_students(app, upload, "s.csv", catalog_id=schooled))
    assert evidence.has_history(app, schooled)
    found = evidence.measure_evidence(app, schooled, {"department": 1.0})
    assert (found.since, found.students, found.out_of_reach) == ("2025-03-01", 30, 0)
    recall = next(each for each in found.measures if each.name == "recall")
    assert recall.tried.mean == 1  # the first ten of the department, in the order of the catalog
    assert found.tied[0] == 1  # and nothing but that order put them there
    assert [(each.name, each.students) for each in found.departments] == [("Physics", 30)]
