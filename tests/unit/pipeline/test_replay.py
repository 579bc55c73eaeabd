from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.embedding.fake_encoder import FakeEncoder
from core.errors import RecommendationError
from core.pipeline import recommendation
from core.pipeline.application import Application
from core.pipeline.embedding import catalog_texts
from core.pipeline.replay import replay
from core.pipeline.settings import Settings, change_settings
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.verify import verify
from core.recommendation.options import Grouping, ListOptions
from core.records import CourseKind
from core.storage.journal_batch import Embedding


@pytest.fixture
def ready(app: Application, catalog_id: str, students: int) -> str:
    """The catalog with a vector for every text."""
    change_settings(app, Settings(embedding_model="fake:"))
    embed(app, catalog_id)
    return catalog_id


def embed(app: Application, catalog_id: str) -> None:
    encoder, found = FakeEncoder(), catalog_texts(app, catalog_id)
    app.embeddings.put(
        [
            Embedding("fake:", key, np.asarray(encoder.encode_batch([text], role=role)[0], np.float32))
            for key, (text, role) in found.texts.items()
        ]
    )


def test_a_stored_list_is_proved_twice(app: Application, ready: str) -> None:
    report = recommendation.recommend(app, ready, top_k=3)
    found = replay(app, ready, app.students.id_of("S2"))
    assert found.run.run_id == report.run_id
    assert [place.stored for place in found.places] == app.recommendations.for_student(
        app.students.id_of("S2"), report.run_id
    )
    assert (found.is_unaltered, found.changed, found.is_same_now, found.holds) == (True, (), True, True)
    assert [message.key for message in found.verdict] == ["tuning.replay.unaltered", "tuning.replay.same"]


@pytest.mark.parametrize("grouping", list(Grouping))
def test_lists_with_options_are_ranked_anew_with_them(app: Application, ready: str, grouping: Grouping) -> None:
    course = app.catalogs.course(ready, "PH1")
    app.catalogs.update_course(ready, replace(course, kind=CourseKind.ACTIVITY))
    app.mark_changed()
    options = ListOptions(0.4, 1, grouping)
    saved = recommendation.save_weights(app, ready, "x", {"department": 1, "interest": 1}, author="", options=options)
    recommendation.publish_weights(app, saved.weight_set_id)
    recommendation.recommend(app, ready, top_k=2)
    assert replay(app, ready, app.students.id_of("S1")).is_same_now is True


def test_the_run_of_that_time_is_read(app: Application, ready: str) -> None:
    first = recommendation.recommend(app, ready, top_k=2)
    between = datetime.now(UTC)
    recommendation.recommend(app, ready, {"interest": 1}, top_k=2)
    then = replay(app, ready, app.students.id_of("S1"), between)
    assert then.run.run_id == first.run_id
    assert then.holds
    with pytest.raises(RecommendationError, match="by then"):
        replay(app, ready, app.students.id_of("S1"), first.made_at - timedelta(seconds=1))
    with pytest.raises(RecommendationError, match="no stored list"):
        replay(app, ready, "nobody")


def test_what_changed_since_is_said_and_the_stored_list_stays(app: Application, ready: str) -> None:
    recommendation.recommend(app, ready, top_k=3)
    before = replay(app, ready, app.students.id_of("S1")).places
    changed = b"student_id,department,year,interests\nS1,History,4,sound\nS2,Physics,2,algebra\n"
    apply_students(app, preview_students(app, changed, "students.csv", catalog_id=ready))
    embed(app, ready)
    app.mark_changed()
    found = replay(app, ready, app.students.id_of("S1"))
    assert found.places == before
    assert (found.is_unaltered, found.changed, found.is_same_now) == (True, ("data_version",), False)
    assert found.holds
    assert replay(app, ready, app.students.id_of("S3")).is_same_now is None


def test_an_altered_list_does_not_hold(app: Application, ready: str) -> None:
    recommendation.recommend(app, ready, top_k=3)
    assert verify(app).holds
    with app.database.write() as cursor:
        cursor.execute(
            "UPDATE recommendations SET course_key = 'PH1' WHERE student_id = ? AND rank = 1",
            [app.students.id_of("S1")],
        )
    found = replay(app, ready, app.students.id_of("S1"))
    assert found.is_unaltered is False
    assert not found.holds
    assert found.verdict[0].key == "tuning.replay.altered"
    for every_list in (True, False):
        assert [fault.key for fault in verify(app, every_list=every_list).faults] == ["verify.lists_altered"]
    recommendation.recommend(app, ready, top_k=3)
    assert verify(app, every_list=False).holds  # the altered list is not the newest any more
    assert not verify(app).holds
