"""Stored lists after the catalog, the students or the weights in force are other ones."""

from __future__ import annotations

import numpy as np
import pytest

from core.embedding.fake_encoder import FakeEncoder
from core.pipeline.application import Application
from core.pipeline.embedding import catalog_texts
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.recommendation import latest_run, publish_weights, recommend, save_weights
from core.pipeline.settings import Settings, change_settings
from core.pipeline.status import overview
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.students import student_view, why_not
from core.storage.journal_batch import Embedding

CATALOG = """code,title,department,level
MA1,Linear Algebra,Mathematics,1
MA2,Calculus,Mathematics,2
PH1,Optics,Physics,1
PH2,Acoustics,Physics,2
"""
STUDENTS = "student_id,department,year,interests\nS1,Mathematics,1,optics\nS2,Physics,2,optics\n"
LATER = "student_id,department,interests\nS1,,optics\nS2,Physics,optics\nS3,Physics,optics\n"  # no years
CHANGED = {"data_version": "tuning.replay.changed_data_version", "weights": "tuning.replay.changed_weights"}


def upload_students(app: Application, content: str, catalog_id: str) -> None:
    apply_students(app, preview_students(app, content.encode(), "s.csv", catalog_id=catalog_id))


@pytest.fixture
def recommended(app: Application) -> str:
    """A catalog with lists of all students, made by department, interest and year of study."""
    change_settings(app, Settings(embedding_model="fake:"))
    catalog_id = apply_catalog(app, preview_catalog(app, CATALOG.encode(), "c.csv")).catalog_id
    upload_students(app, STUDENTS, catalog_id)
    encoder = FakeEncoder()
    app.embeddings.put(
        [
            Embedding("fake:", key, np.asarray(encoder.encode_batch([text], role=role)[0], np.float32))
            for key, (text, role) in catalog_texts(app, catalog_id).texts.items()
        ]
    )
    recommend(app, catalog_id, {"department": 1, "interest": 1, "level": 1})
    return catalog_id


def what_changed(app: Application, catalog_id: str) -> list[str]:
    run = latest_run(app, catalog_id)
    assert run is not None
    return [message.key for message in run.outdated]


def next_steps(app: Application, catalog_id: str) -> set[str]:
    return {step.message.key for step in overview(app, catalog_id).next_steps}


def test_lists_of_what_is_there_now_are_not_outdated(app: Application, recommended: str) -> None:
    app.mark_changed()
    assert what_changed(app, recommended) == []
    assert "pipeline.next.recompute" not in next_steps(app, recommended)


def test_lists_are_outdated_until_made_anew_when_a_course_is_not_offered_any_more(
    app: Application, recommended: str
) -> None:
    without = CATALOG.replace("PH2,Acoustics,Physics,2\n", "")
    apply_catalog(app, preview_catalog(app, without.encode(), "c.csv", catalog_id=recommended))
    assert what_changed(app, recommended) == [CHANGED["data_version"]]
    assert "pipeline.next.recompute" in next_steps(app, recommended)
    places = student_view(app, recommended, app.students.id_of("S1")).recommendations
    assert "PH2" in [place.course.course_key for place in places]  # as it was stored
    recommend(app, recommended)
    assert what_changed(app, recommended) == []
    assert "pipeline.next.recompute" not in next_steps(app, recommended)


def test_reasons_leave_out_what_is_not_known_of_the_student_any_more(app: Application, recommended: str) -> None:
    student = app.students.id_of("S1")
    before = student_view(app, recommended, student).recommendations
    assert any("level" in reason.key for place in before for reason in place.reasons)
    upload_students(app, LATER, recommended)
    after = student_view(app, recommended, student).recommendations
    assert [place.course for place in after] == [place.course for place in before]
    assert {reason.key for place in after for reason in place.reasons} == {"recommendation.reason.interest"}


def test_why_not_calls_no_course_listed_that_an_outdated_list_lacks(app: Application, recommended: str) -> None:
    file = CATALOG + "PH3,Light,Physics,1\n"
    apply_catalog(app, preview_catalog(app, file.encode(), "c.csv", catalog_id=recommended))
    student = app.students.id_of("S1")
    assert "PH3" not in {it.course.course_key for it in student_view(app, recommended, student).recommendations}
    said = [why_not(app, recommended, student, key).reasons[0].key for key in ("PH2", "PH3")]
    assert said == ["recommendation.why_not.listed", "recommendation.why_not.listed_now"]


def test_a_student_who_came_after_the_lists_gets_one_made_now(app: Application, recommended: str) -> None:
    upload_students(app, LATER, recommended)
    view = student_view(app, recommended, app.students.id_of("S3"))
    assert (view.run_id, len(view.recommendations)) == (None, 4)


def test_lists_are_outdated_when_other_weights_come_into_force(app: Application, recommended: str) -> None:
    other = save_weights(app, recommended, "other", {"interest": 1}, author="kim")
    publish_weights(app, other.weight_set_id)
    assert what_changed(app, recommended) == [CHANGED["weights"]]
