from __future__ import annotations

import pytest

from core.evaluation.population import count_exposure
from core.pipeline import effects, review
from core.pipeline.application import Application
from core.pipeline.embedding import plan_embedding, start_embedding
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.population import load
from core.pipeline.recommendation import rank_in_force
from core.pipeline.releases import publish
from core.pipeline.review import QueueItem, review_queue
from core.pipeline.student_intake import apply_students, preview_students
from core.recommendation.text_effects import lists_changed
from core.records import Job, JobStatus

SUBJECTS = ("algebra", "optics", "history", "sound", "poetry", "logic", "drama", "ethics")
CATALOG = "code,title,department,description\n" + "".join(
    f"C{number:02},{subject} {number},{('Mathematics', 'Physics', 'History')[number % 3]},\n"
    for number, subject in enumerate(SUBJECTS * 5)
)
STUDENTS = "student_id,department,year,interests\n" + "".join(
    f"S{number},{('Mathematics', 'Physics', 'History')[number % 3]},1,{SUBJECTS[number % 8]}; {SUBJECTS[number % 5]}\n"
    for number in range(40)
)


@pytest.fixture
def catalog_id(app: Application) -> str:
    """Enough courses that not everybody gets all of them."""
    app.settings.set("settings", {"embedding_model": "fake:"})
    return apply_catalog(app, preview_catalog(app, CATALOG.encode(), "c.csv")).catalog_id


@pytest.fixture
def drafts(app: Application, catalog_id: str, write) -> list[QueueItem]:
    apply_students(app, preview_students(app, STUDENTS.encode(), "s.csv", catalog_id=catalog_id))
    for number, subject in ((1, "poetry and drama"), (5, "algebra"), (14, "sound and optics")):
        write(f"C{number:02}", text=f"Students of this course learn {subject} with many worked examples.")
    return list(review_queue(app, catalog_id).items)


def finish(app: Application, job: Job | None) -> None:
    assert job is not None
    assert app.job_service.wait(job.job_id, 60).status is JobStatus.SUCCEEDED


def test_what_is_missing_is_said_before_anything_can_be_known(app: Application, catalog_id: str, write) -> None:
    write("C01")
    items = review_queue(app, catalog_id).items
    reach = effects.reach_of(app, catalog_id, items)
    assert reach.obstacle is not None and reach.obstacle.key == "pipeline.missing.students"
    assert (reach.lists, reach.missing) == ({}, 1)
    assert effects.effect_of(app, catalog_id, items) is None


def test_vectors_of_drafts_reach_no_list(app: Application, catalog_id: str, drafts: list[QueueItem]) -> None:
    finish(app, start_embedding(app, catalog_id))
    before = load(app, catalog_id)
    assert effects.reach_of(app, catalog_id, drafts).missing == len(drafts)
    finish(app, effects.start_draft_vectors(app, catalog_id, drafts))
    after = load(app, catalog_id)
    assert after.sources == before.sources
    assert (after.prepared.population.course_vectors == before.prepared.population.course_vectors).all()
    assert effects.start_draft_vectors(app, catalog_id, drafts) is None


def test_the_effect_that_was_foretold_is_the_effect_that_comes(
    app: Application, catalog_id: str, drafts: list[QueueItem]
) -> None:
    finish(app, effects.start_draft_vectors(app, catalog_id, drafts))
    chosen = drafts[:2]
    foretold = effects.effect_of(app, catalog_id, chosen)
    before = rank_in_force(app, catalog_id).lists
    review.approve(app, [item.enhancement.enhancement_id for item in chosen], by="kim")
    assert rank_in_force(app, catalog_id).lists is before  # approving alone changes no list
    publish(app, catalog_id, by="kim")
    assert plan_embedding(app, catalog_id).missing == 0  # the vectors are there already
    after = rank_in_force(app, catalog_id).lists
    assert foretold is not None
    assert (foretold.students, foretold.unknown) == (40, 0)
    assert 0 < foretold.changed == lists_changed(before, after).sum()
    exposures = (count_exposure(lists.course_index, 40) for lists in (before, after))
    moved = {shift.course_key: shift.after - shift.before for shift in (*foretold.gains, *foretold.losses)}
    courses = load(app, catalog_id).prepared.population.courses
    old, new = exposures
    change = {course.course_key: gain for course, gain in zip(courses, (new - old).tolist(), strict=True) if gain}
    assert moved and moved.items() <= change.items()


def test_reach_is_known_for_every_text_with_a_vector(
    app: Application, catalog_id: str, drafts: list[QueueItem]
) -> None:
    finish(app, effects.start_draft_vectors(app, catalog_id, drafts[:2]))
    reach = effects.reach_of(app, catalog_id, drafts)
    assert set(reach.lists) == {item.enhancement.enhancement_id for item in drafts[:2]}
    assert reach.missing == 1
    effect = effects.effect_of(app, catalog_id, drafts)
    assert effect is not None and effect.unknown == 1
