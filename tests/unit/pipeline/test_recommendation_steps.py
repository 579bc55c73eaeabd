from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from core.embedding.fake_encoder import FakeEncoder
from core.errors import RecommendationError, StorageError
from core.pipeline import recommendation
from core.pipeline.application import Application
from core.pipeline.embedding import catalog_texts, plan_embedding, start_embedding
from core.pipeline.recommendation import DEFAULT_WEIGHTS
from core.pipeline.settings import Settings, change_settings
from core.pipeline.similar_students import similar_students
from core.pipeline.status import overview
from core.pipeline.student_deletion import delete_students
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.students import find_students, student_view, what_if, why_not
from core.recommendation.options import Grouping, ListOptions
from core.recommendation.ranking import RankedLists
from core.records import Student
from core.storage.journal_batch import Embedding


@pytest.fixture
def ready(app: Application, catalog_id: str, students: int) -> str:
    """The catalog with a vector for every text."""
    change_settings(app, Settings(embedding_model="fake:"))
    found = catalog_texts(app, catalog_id)
    encoder = FakeEncoder()
    app.embeddings.put(
        [
            Embedding("fake:", key, np.asarray(encoder.encode_batch([text], role=role)[0], np.float32))
            for key, (text, role) in found.texts.items()
        ]
    )
    return catalog_id


def test_what_is_missing_is_said_in_order(app: Application, catalog_id: str) -> None:
    assert [it.key for it in recommendation.readiness(app, "none").missing] == [
        "pipeline.missing.courses",
        "pipeline.missing.students",
    ]
    with pytest.raises(RecommendationError, match="Upload students"):
        recommendation.rank_live(app, catalog_id, DEFAULT_WEIGHTS)


def test_texts_without_a_vector_keep_recommendations_from_being_stored(
    app: Application, catalog_id: str, students: int
) -> None:
    assert plan_embedding(app, catalog_id).missing > 0
    with pytest.raises(RecommendationError, match="embedded first"):
        recommendation.recommend(app, catalog_id)


def test_lists_of_students_who_are_deleted_meanwhile_are_not_stored(
    app: Application, ready: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving, rank = app.students.id_of("S1"), recommendation.rank_lists

    def rank_while_somebody_deletes(*arguments: Any) -> RankedLists:
        lists = rank(*arguments)
        if app.students.numbers([leaving]):
            delete_students(app, [leaving], "asked for it")
        return lists

    monkeypatch.setattr(recommendation, "rank_lists", rank_while_somebody_deletes)
    with pytest.raises(RecommendationError, match="deleted while"):
        recommendation.recommend(app, ready)
    assert app.database.fetch("SELECT count(*) FROM recommendations WHERE student_id = ?", [leaving]) == [(0,)]
    assert recommendation.recommend(app, ready).students == 2


def test_everyone_gets_a_list_whose_contributions_add_up(app: Application, ready: str) -> None:
    report = recommendation.recommend(app, ready, top_k=3)
    assert (report.students, report.top_k, report.recommendations) == (3, 3, 9)
    for student in [it.student_id for it in app.students.all()]:
        view = student_view(app, ready, student)
        assert view.run_id == report.run_id
        assert [place.rank for place in view.recommendations] == [1, 2, 3]
        for place in view.recommendations:
            assert sum(part.amount for part in place.contributions) == pytest.approx(place.score, abs=1e-5)
            assert place.reasons


def test_a_course_already_taken_is_not_recommended_and_the_reason_is_given(app: Application, ready: str) -> None:
    recommendation.recommend(app, ready)
    view = student_view(app, ready, app.students.id_of("S1"))
    assert [course.course_key for course in view.taken] == ["MA1"]
    assert "MA1" not in {place.course.course_key for place in view.recommendations}
    answer = why_not(app, ready, app.students.id_of("S1"), "MA1")
    assert answer.rank is None
    assert answer.reasons


@pytest.mark.parametrize("grouping", [Grouping.TOGETHER, Grouping.APART])
def test_answers_about_a_list_are_for_its_own_length(app: Application, ready: str, grouping: Grouping) -> None:
    options = ListOptions(grouping=grouping)
    short = recommendation.save_weights(app, ready, "short", DEFAULT_WEIGHTS, author="kim", options=options)
    recommendation.publish_weights(app, short.weight_set_id)
    recommendation.recommend(app, ready, top_k=2)
    student = app.students.get(app.students.id_of("S2"))
    listed = [place.course.course_key for place in student_view(app, ready, student.student_id).recommendations]
    assert [place.course.course_key for place in what_if(app, ready, student).recommendations] == listed
    for course in app.catalogs.courses(ready):
        reason = why_not(app, ready, student.student_id, course.course_key).reasons[0]
        assert (reason.key == "recommendation.why_not.listed") == (course.course_key in listed)


def test_places_that_stay_empty_are_no_recommendations(app: Application, ready: str) -> None:
    report = recommendation.recommend(app, ready, top_k=10)
    assert report.recommendations == 3 * 6 - 2  # six courses, of which two students took one each


def test_the_published_weights_make_the_run(app: Application, ready: str) -> None:
    assert recommendation.published_weights(app, ready) == DEFAULT_WEIGHTS
    half = recommendation.save_weights(app, ready, "half", {"department": 1, "interest": 1}, author="kim")
    recommendation.publish_weights(app, half.weight_set_id)
    assert recommendation.recommend(app, ready).weight_set.weight_set_id == half.weight_set_id


def test_runs_with_the_same_weights_share_their_weight_set(app: Application, ready: str) -> None:
    first = recommendation.recommend(app, ready, {"interest": 1})
    second = recommendation.recommend(app, ready, {"interest": 1})
    assert first.run_id != second.run_id
    assert first.weight_set.weight_set_id == second.weight_set.weight_set_id


def test_lists_that_another_person_stores_at_the_same_moment_are_no_error(
    app: Application, ready: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = app.recommendations.save
    stored: list[str] = []

    def save_before_another(*arguments: Any, **more: Any) -> str:
        stored.extend(save(*arguments, **more) for _ in range(2))
        return stored[0]

    monkeypatch.setattr(app.recommendations, "save", save_before_another)
    assert recommendation.recommend(app, ready).run_id == stored[0]
    newest = recommendation.latest_run(app, ready)
    assert newest is not None
    assert newest.run_id == stored[1]


def test_weights_saved_by_someone_else_meanwhile_are_not_lost(app: Application, ready: str) -> None:
    recommendation.save_weights(app, ready, "ours", {"interest": 1}, author="kim")
    recommendation.save_weights(app, ready, "ours", {"interest": 2}, author="lee", expected_version=1)
    with pytest.raises(StorageError, match="lee"):
        recommendation.save_weights(app, ready, "ours", {"interest": 3}, author="kim", expected_version=1)


def test_of_two_who_save_at_once_one_is_told_and_both_versions_stay(app: Application, ready: str) -> None:
    start = threading.Barrier(2)

    def save(author: str) -> bool:
        start.wait()
        try:
            recommendation.save_weights(app, ready, "ours", {"interest": 1}, author=author, expected_version=0)
        except StorageError as error:
            assert error.message.key == "storage.changed_by"
            recommendation.save_weights(app, ready, "ours", {"interest": 1}, author=author, expected_version=1)
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(save, ("kim", "lee"))) == [False, True]
    assert [each.version for each in recommendation.list_weight_sets(app, ready)] == [2, 1]


def test_sets_without_a_name_are_versions_of_one(app: Application, ready: str) -> None:
    recommendation.recommend(app, ready, {"interest": 1})
    recommendation.recommend(app, ready, {"interest": 1, "level": 1})
    sets = recommendation.list_weight_sets(app, ready)
    assert [(each.name, each.version) for each in sets] == [("", 2), ("", 1)]


def test_similar_students_lists_are_compared(app: Application, ready: str) -> None:
    twins = [f"T{number},Mathematics,1,optics," for number in range(3)]
    upload = "\n".join(["student_id,department,year,interests,taken courses", *twins, "H1,History,2,algebra,"])
    apply_students(app, preview_students(app, upload.encode(), "s.csv", catalog_id=ready))
    found = similar_students(app, ready, app.students.id_of("T1"))
    assert found is not None
    assert (found.students, found.places, found.shared, found.different) == (2, 6, 6.0, 6)
    assert found.diversity == pytest.approx(found.their_diversity)
    assert similar_students(app, ready, app.students.id_of("H1")) is None


def test_unusable_weights_are_refused(app: Application, ready: str) -> None:
    for weights in ({"interest": -1.0}, {"interest": 0.0}, {"luck": 1.0}):
        with pytest.raises(RecommendationError):
            recommendation.save_weights(app, ready, "bad", weights, author="kim")


def test_the_same_weights_change_nothing_and_others_something(app: Application, ready: str) -> None:
    same = recommendation.compare_with_published(app, ready, DEFAULT_WEIGHTS, top_k=2)
    assert (same.churn, same.changed_students, same.shifts) == (0, 0, ())
    other = recommendation.compare_with_published(app, ready, {"interest": 1}, top_k=2)
    assert other.changed_students > 0
    assert sum(shift.after - shift.before for shift in other.shifts) == 0


def test_the_population_is_built_once_until_something_changes(app: Application, ready: str) -> None:
    first = recommendation.load_population(app, ready)
    assert recommendation.load_population(app, ready) is first
    app.mark_changed()
    assert recommendation.load_population(app, ready) is not first


def test_a_what_if_stores_nothing(app: Application, ready: str) -> None:
    view = what_if(app, ready, Student("S2", "History", 2, ("sound",)))
    assert view.run_id is None
    assert view.recommendations
    assert app.students.get(app.students.id_of("S2")).department == "Physics"
    assert app.recommendations.runs(ready) == []


def test_popularity_is_counted_among_all_students(app: Application, ready: str) -> None:
    rows = ["S1,MA1", "S2,MA1", "S3,", "S4,"]
    upload = "\n".join(["student_id,taken courses", *rows]).encode()
    apply_students(app, preview_students(app, upload, "s.csv", catalog_id=ready))
    recommendation.recommend(app, ready, {"popularity": 1})
    stored = student_view(app, ready, app.students.id_of("S3"))
    for view in (stored, what_if(app, ready, stored.student)):
        assert view.recommendations[0].course.course_key == "MA1"
        assert [reason.params for reason in view.recommendations[0].reasons] == [{"count": 2, "total": 4}]


def test_students_are_found_page_by_page(app: Application, ready: str) -> None:
    page = find_students(app, limit=2)
    everybody = [student.student_id for student in app.students.all()]
    assert ([student.student_id for student in page.students], page.total) == (everybody[:2], 3)
    assert [it.student_id for it in find_students(app, limit=2, offset=2).students] == everybody[2:]
    assert [it.student_id for it in find_students(app, search=everybody[1].lower()).students] == everybody[1:2]
    assert find_students(app, search="S3").students == ()  # numbers are found by other means, which are logged


def test_nothing_new_to_embed_starts_no_job(app: Application, ready: str) -> None:
    assert start_embedding(app, ready) is None


def test_the_overview_names_what_to_do_next(app: Application, ready: str, write) -> None:
    write("PH1")
    now = overview(app)
    assert [step.page for step in now.next_steps] == ["settings", "review", "enhance", "weights"]
    assert now.current is not None
    assert (now.current.insufficient, now.current.unembedded, now.student_count) == (5, 0, 3)


def test_options_stay_with_the_weight_set_and_make_its_lists(app: Application, ready: str) -> None:
    capped = ListOptions(department_cap=1)
    saved = recommendation.save_weights(app, ready, "capped", {"department": 1}, author="kim", options=capped)
    recommendation.publish_weights(app, saved.weight_set_id)
    assert recommendation.published_options(app, ready) == capped
    recommendation.recommend(app, ready, top_k=3)
    for student in [it.student_id for it in app.students.all()]:
        departments = [place.course.department for place in student_view(app, ready, student).recommendations]
        assert len(set(departments)) == len(departments) > 0
    kept_out = recommendation.compare_with_published(app, ready, {"department": 1}, top_k=3)
    assert kept_out.before.options == capped
    assert kept_out.changed_students > 0


def test_lists_of_both_kinds_can_be_compared_with_lists_of_one(app: Application, ready: str) -> None:
    apart = ListOptions(grouping=Grouping.APART)
    compared = recommendation.compare_with_published(app, ready, DEFAULT_WEIGHTS, top_k=2, options=apart)
    assert compared.after.lists.course_index.shape == (3, 4)
    assert compared.churn == 0  # there are no activities, so the second halves are empty
    only = recommendation.rank_live(app, ready, DEFAULT_WEIGHTS, options=ListOptions(grouping=Grouping.ACTIVITIES))
    assert (only.lists.course_index == -1).all()
    assert only.metrics.never_recommended == 0
